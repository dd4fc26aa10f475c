/**
 * The smallest ONNX model, y = x: a runtime or a device that cannot compile it works for nothing.
 */

const base64 =
  "CAkSBXVzaGVyOkQKHQoBeBIBeRoJSWRlbnRpdHl5IghJZGVudGl0eToAEgFnWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAUIECgAQFA==";

/** Bytes of a `ModelProto`: one Identity node on float32 `[1]`. */
export function probeModel(): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
