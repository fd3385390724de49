import { ByteReader, ByteWriter } from "./bytes.ts";
import { UdsFormatError } from "./error.ts";

/**
 * One field of a message: how it is written and how it is read. `Input` is what a writer may give; it is wider
 * than `Output` where something may be left out.
 */
export interface Field<Output, Input = Output> {
  write(writer: ByteWriter, value: Input): void;
  read(reader: ByteReader): Output;
}

/** What reading a field gives. */
export type FieldOutput<F> = F extends { read(reader: ByteReader): infer Output } ? Output : never;
/** What writing a field takes. */
export type FieldInput<F> = F extends { write(writer: ByteWriter, value: infer Input): void } ? Input : never;

/** Fields by name, in the order in which they stand on the wire. */
type Fields = Readonly<Record<string, Field<unknown, never>>>;

type OptionalKeys<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];
/** Keys that may be undefined may be left out. */
type Shape<T> = { [K in Exclude<keyof T, OptionalKeys<T>>]: T[K] } & { [K in OptionalKeys<T>]?: T[K] };
type Flat<T> = { [K in keyof T]: T[K] };
export type RecordOutput<F extends Fields> = Flat<Shape<{ [K in keyof F]: FieldOutput<F[K]> }>>;
export type RecordInput<F extends Fields> = Flat<Shape<{ [K in keyof F]: FieldInput<F[K]> }>>;

/** An unsigned big-endian number of `size` bytes, 1 to 4. */
export const uint = (size: 1 | 2 | 3 | 4): Field<number> => ({
  write: (writer, value) => writer.uint(size, value),
  read: (reader) => reader.uint(size),
});
export const u8 = uint(1);
export const u16 = uint(2);
export const u24 = uint(3);
export const u32 = uint(4);

/** A length, then as many bytes; nothing where it is left out when writing. */
export const counted = (length: Field<number>): Field<Uint8Array, Uint8Array | undefined> => ({
  write(writer, value = new Uint8Array()) {
    length.write(writer, value.length);
    writer.bytes(value);
  },
  read: (reader) => reader.take(length.read(reader)),
});

/** A number that the wire carries in units of `unit`: `scaled(u16, 10)` is P2* in milliseconds. */
export const scaled = (field: Field<number>, unit: number): Field<number> => ({
  write: (writer, value) => field.write(writer, Math.round(value / unit)),
  read: (reader) => field.read(reader) * unit,
});

/** Exactly `length` bytes. */
export const bytes = (length: number): Field<Uint8Array> => ({
  write(writer, value) {
    if (value.length !== length) {
      throw new UdsFormatError("out-of-range", `${value.length} bytes where the field has ${length}`);
    }
    writer.bytes(value);
  },
  read: (reader) => reader.take(length),
});

/** Everything up to the end of the message, possibly nothing; may be left out when writing. */
export const rest: Field<Uint8Array, Uint8Array | undefined> = {
  write(writer, value) {
    if (value !== undefined) writer.bytes(value);
  },
  read: (reader) => reader.take(reader.remaining),
};

/** Everything up to the end of the message, at least one byte. */
export const restNotEmpty: Field<Uint8Array> = {
  write(writer, value) {
    if (value.length === 0) throw new UdsFormatError("too-short", "a data record needs at least one byte");
    writer.bytes(value);
  },
  read: (reader) => reader.take(Math.max(1, reader.remaining)),
};

/** A field that the message may end before. */
export const optional = <Output, Input>(
  field: Field<Output, Input>,
): Field<Output | undefined, Input | undefined> => ({
  write(writer, value) {
    if (value !== undefined) field.write(writer, value);
  },
  read: (reader) => (reader.remaining === 0 ? undefined : field.read(reader)),
});

/** The same field again and again up to the end of the message, at least `minimum` times. */
export const list = <Output, Input>(
  field: Field<Output, Input>,
  minimum = 0,
): Field<Output[], readonly Input[]> => ({
  write(writer, values) {
    if (values.length < minimum) {
      throw new UdsFormatError("too-short", `${values.length} entries where at least ${minimum} are needed`);
    }
    for (const value of values) field.write(writer, value);
  },
  read(reader) {
    const values: Output[] = [];
    while (values.length < minimum || reader.remaining > 0) values.push(field.read(reader));
    return values;
  },
});

/** Named fields one after another. */
export const record = <const F extends Fields>(fields: F): Field<RecordOutput<F>, RecordInput<F>> => ({
  write(writer, value) {
    const values = value as Readonly<Record<string, never>>;
    for (const [name, field] of Object.entries(fields)) field.write(writer, values[name] as never);
  },
  read: (reader) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, field.read(reader)]),
    ) as RecordOutput<F>,
});

type Choices = Readonly<Record<number, Fields>>;
export type ChoiceOutput<N extends string, C extends Choices> = {
  [K in keyof C & number]: Flat<{ [Name in N]: K } & RecordOutput<C[K]>>;
}[keyof C & number];
export type ChoiceInput<N extends string, C extends Choices> = {
  [K in keyof C & number]: Flat<{ [Name in N]: K } & RecordInput<C[K]>>;
}[keyof C & number];

/** One byte, `name`, that decides which fields follow it: most often the sub-function. */
export function choice<const N extends string, const C extends Choices>(
  name: N,
  choices: C,
): Field<ChoiceOutput<N, C>, ChoiceInput<N, C>> {
  const forms = new Map(Object.entries(choices).map(([byte, fields]) => [Number(byte), record(fields)]));
  const formOf = (byte: number): Field<object, never> => {
    const form = forms.get(byte);
    if (form === undefined) throw new UdsFormatError("unknown-choice", `${name} ${byte} is not known here`);
    return form;
  };
  return {
    write(writer, value) {
      const byte = (value as Readonly<Record<string, number>>)[name]!;
      const form = formOf(byte);
      u8.write(writer, byte);
      form.write(writer, value as never);
    },
    read(reader) {
      const byte = u8.read(reader);
      return { [name]: byte, ...formOf(byte).read(reader) } as ChoiceOutput<N, C>;
    },
  };
}

/** Writes `value` as one message. @throws {UdsFormatError} where a value does not fit its field. */
export function encode<Input>(field: Field<unknown, Input>, value: Input): Uint8Array {
  const writer = new ByteWriter();
  field.write(writer, value);
  return writer.finish();
}

/** Reads a whole message. @throws {UdsFormatError} where it is too short or too long. */
export function decode<Output>(field: Field<Output, never>, message: Uint8Array): Output {
  const reader = new ByteReader(message);
  const value = field.read(reader);
  if (reader.remaining > 0) {
    throw new UdsFormatError(
      "too-long",
      `${reader.remaining} of ${message.length} bytes are left over after the last field`,
    );
  }
  return value;
}
