// A link carries its spec after `#`: UTF-8, deflated, in base 64 for addresses.

/** The most bytes of a spec, as in snnc: a short link could unpack to gigabytes. */
export const LARGEST = 256 * 1024;

export class TooLarge extends Error {}

export async function toFragment(text) {
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(text));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export async function fromFragment(fragment) {
  const binary = atob(fragment.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const text = await through(new DecompressionStream("deflate-raw"), bytes, LARGEST);
  return new TextDecoder("utf-8", { fatal: true }).decode(text);
}

/** Return what a stream makes of bytes; stop after ``most`` bytes. */
async function through(stream, bytes, most = Infinity) {
  const parts = [];
  let size = 0;
  for await (const part of read(new Blob([bytes]).stream().pipeThrough(stream))) {
    size += part.length;
    if (size > most) {
      throw new TooLarge();
    }
    parts.push(part);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The parts of a stream. Not every browser can iterate over a stream itself. */
async function* read(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
