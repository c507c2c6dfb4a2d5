// A link carries its spec after `#`: UTF-8, deflated, in base 64 for addresses.

export async function toFragment(text) {
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(text));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The longest spec that a link may carry, in bytes: a link may be anybody's. */
export const MOST_BYTES = 1_000_000;

export class LongLinkError extends Error {}

export async function fromFragment(fragment) {
  const binary = atob(fragment.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const text = await through(new DecompressionStream("deflate-raw"), bytes, MOST_BYTES);
  return new TextDecoder("utf-8", { fatal: true }).decode(text);
}

async function through(stream, bytes, most = Infinity) {
  const chunks = [];
  let size = 0;
  for await (const chunk of read(new Blob([bytes]).stream().pipeThrough(stream))) {
    size += chunk.length;
    if (size > most) {
      throw new LongLinkError(`more than ${most} bytes`);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Yield the chunks of a stream; some browsers can't iterate over streams. */
async function* read(stream) {
  const reader = stream.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      yield part.value;
    }
  } finally {
    await reader.cancel();
  }
}
