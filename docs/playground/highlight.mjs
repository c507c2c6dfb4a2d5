/** Return the parts of a text as `[part, class]`, by the patterns of a TextMate grammar. */
export function* parts(text, grammar) {
  const rules = (grammar.compiled ??= grammar.patterns.map(compile));
  let plain = 0;
  for (let at = 0; at < text.length; ) {
    const found = first(text, at, rules);
    if (found === undefined) {
      at += 1;
      continue;
    }
    if (plain < at) {
      yield [text.slice(plain, at), ""];
    }
    yield* found.rule.groups.length ? grouped(found) : [[found.match[0], found.rule.name]];
    at = plain = at + found.match[0].length;
  }
  if (plain < text.length) {
    yield [text.slice(plain), ""];
  }
}

function compile({ match, name, captures = {} }) {
  const groups = Object.values(captures).map((group) => group.name);
  return { pattern: new RegExp(match, "yd"), name, groups };
}

function first(text, at, rules) {
  for (const rule of rules) {
    rule.pattern.lastIndex = at;
    const match = rule.pattern.exec(text);
    if (match?.[0]) {
      return { rule, match };
    }
  }
  return undefined;
}

/** The groups of a match, and the blanks between them. */
function* grouped({ rule, match }) {
  let at = match.index;
  for (const [index, name] of rule.groups.entries()) {
    const [start, end] = match.indices[index + 1] ?? [at, at];
    if (at < start) {
      yield [match.input.slice(at, start), ""];
    }
    if (start < end) {
      yield [match.input.slice(start, end), name];
    }
    at = end;
  }
}
