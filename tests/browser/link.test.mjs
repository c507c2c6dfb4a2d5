// Links are unpacked in the page itself, so they must not unpack without limit.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LARGEST, TooLarge, fromFragment, toFragment } from "../../docs/playground/link.mjs";

test("a link carries its text up to a limit, and no more", async () => {
  const most = "a".repeat(LARGEST);
  assert.equal(await fromFragment(await toFragment(most)), most);
  await assert.rejects(fromFragment(await toFragment(`${most}a`)), TooLarge);
});

test("a link that unpacks to 100 MB is given up after a part of it", async () => {
  const fragment = await toFragment("a".repeat(100_000_000));
  assert.ok(fragment.length < 200_000);
  let parts = 0;
  const Plain = globalThis.DecompressionStream;
  globalThis.DecompressionStream = class {
    constructor(format) {
      const plain = new Plain(format);
      const count = new TransformStream({
        transform(part, controller) {
          parts += part.length;
          controller.enqueue(part);
        },
      });
      this.writable = plain.writable;
      this.readable = plain.readable.pipeThrough(count);
    }
  };
  try {
    await assert.rejects(fromFragment(fragment), TooLarge);
  } finally {
    globalThis.DecompressionStream = Plain;
  }
  assert.ok(parts < 3 * LARGEST, `${parts} bytes`);
});

test("what is no link is refused in another way", async () => {
  await assert.rejects(fromFragment("no-spec"), (error) => !(error instanceof TooLarge));
});
