/**
 * The few error classes of Usher, one for each different reaction. Deeper code only throws; the
 * command line maps a class to an exit code in one place.
 */

/** Base of every error Usher raises on purpose. */
export class UsherError extends Error {
  override readonly name: string = "UsherError";
}

/**
 * The caller's or the data's fault: a flag, a file, a request, a title. The message says what was
 * wrong, where, the value seen and what to do. Exit code 2.
 */
export class InputError extends UsherError {
  override readonly name = "InputError";
}

/**
 * Something outside is missing or refuses: a runtime, the disk, the network, another process.
 * Exit code 1.
 */
export class EnvironmentError extends UsherError {
  override readonly name = "EnvironmentError";
}

/** Long work was stopped on request, after saving what is needed to go on. Exit code 130. */
export class InterruptedError extends UsherError {
  override readonly name = "InterruptedError";
}

/** Our own fault: a broken invariant. The text starts with `internal:`. */
export class InternalError extends UsherError {
  override readonly name = "InternalError";

  constructor(message: string, options?: ErrorOptions) {
    super(`internal: ${message}`, options);
  }
}
