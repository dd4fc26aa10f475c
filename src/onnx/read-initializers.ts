/**
 * The constants of an ONNX file, found again by their names.
 */
import protobuf from "protobufjs/light.js";
import { InputError } from "../common/errors.ts";
import { DATA_TYPES, type OnnxTensor } from "./model.ts";
import { onnxSchema } from "./schema.ts";

const modelType = protobuf.Root.fromJSON(onnxSchema).lookupType("ModelProto");

/** What protobufjs makes of the fields that are read. */
interface DecodedTensor {
  readonly name?: string;
  readonly dims?: readonly number[];
  readonly dataType?: number;
  readonly rawData?: Uint8Array;
}

/**
 * @param bytes - of a `.onnx` file that Usher wrote, with its constants inside.
 * @returns by name; of element types that Usher does not know, none.
 * @throws InputError when the bytes are no ONNX file.
 */
export function readInitializers(bytes: Uint8Array): ReadonlyMap<string, OnnxTensor> {
  let decoded: { graph?: { initializer?: readonly DecodedTensor[] } };
  try {
    decoded = modelType.toObject(modelType.decode(bytes), { longs: Number });
  } catch (error) {
    throw new InputError(`model.onnx: not an ONNX file (${(error as Error).message})`, {
      cause: error,
    });
  }
  const dtypes = new Map(
    Object.entries(DATA_TYPES).map(([dtype, number]) => [number, dtype as OnnxTensor["dtype"]]),
  );
  return new Map(
    (decoded.graph?.initializer ?? []).flatMap(
      ({ name = "", dims = [], dataType = 0, rawData }) => {
        const dtype = dtypes.get(dataType);
        if (dtype === undefined) return [];
        // A copy, so that the numbers start where their size asks for.
        return [
          [name, { name, dtype, shape: dims, bytes: Uint8Array.from(rawData ?? []) }] as const,
        ];
      },
    ),
  );
}
