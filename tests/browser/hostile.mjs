// Text that runs where it is not escaped, in every attribute that a product provisions.
const run = (n) => `vestibuleRan(${n})`;

/** Payloads for every place a value can stand in: text, attribute, script, style, address, SVG, and
 * the mistakes of escaping and parsing. */
export const payloads = () => {
  const events = ["onerror", "onload", "onfocus", "onmouseover", "onanimationstart", "ontoggle", "onpointerenter", "onbegin"];
  const elements = ["img src=x", "svg", "input autofocus", "details open", "video src=x", "body", "iframe src=x", "marquee", "object data=x", "audio src=x"];
  const closers = ["", "\">", "'>", "</title>", "</textarea>", "</script>", "</style>", "-->", "</option></select>", "]]>"];
  const found = [];
  let n = 0;
  for (const closer of closers) {
    found.push(`${closer}<script>${run((n += 1))}</script>`);
    for (const element of elements.slice(0, 4)) {
      for (const event of events) found.push(`${closer}<${element} ${event}=${run((n += 1))}>`);
    }
  }
  for (const scheme of ["javascript:", "JaVaScRiPt:", "java\tscript:", "data:text/html,<script>", "vbscript:"]) found.push(`${scheme}${run((n += 1))}`);
  for (const quote of ["\"", "'", "`"]) for (const event of events) found.push(`${quote} ${event}=${run((n += 1))} x=${quote}`);
  found.push(`{{constructor.constructor("${run(0)}")()}}`, `\${${run(0)}}`, `<%= ${run(0)} %>`, `&lt;script&gt;${run(0)}&lt;/script&gt;`, `&#x3c;script&#x3e;${run(0)}`);
  found.push(`\u202e${run(0)}`, `\uff1cscript\uff1e${run(0)}\uff1c/script\uff1e`, `<scr\u200bipt>${run(0)}`, `<math><mi//xlink:href="data:x,<script>${run(0)}">`);
  return found;
};

/** Pushes people and groups whose every attribute holds a payload. */
export async function hostile(product) {
  const members = [];
  const refused = ["/Users?filter=", "/Groups/"];
  const list = payloads();
  if (list.length < 300) throw new Error(`only ${list.length} payloads`);
  for (let index = 0; index < list.length; index += 12) {
    const at = (offset) => list[(index + offset) % list.length];
    members.push(await product.user(`${index} ${at(0)}`.trim(), {
      externalId: at(1), displayName: at(2), nickName: at(3), title: at(4), profileUrl: at(5), locale: at(6),
      name: { formatted: at(7), familyName: at(8), givenName: at(9) },
      emails: [{ value: `x${index}@acme.example`, type: at(10), primary: true }],
      addresses: [{ formatted: at(11), type: "work" }],
      phoneNumbers: [{ value: at(0), type: "work" }],
      photos: [{ value: at(5), type: "photo" }],
      roles: [{ value: at(1), display: at(2) }],
      NameFormatted: at(3), customCode: at(4),
    }));
  }
  // What is refused is shown too: targets, and the reasons that name what was wrong.
  for (let index = 0; index < list.length; index += 10) {
    await product.send("GET", `${refused[index % 2]}${encodeURIComponent(list[index])}`);
  }
  for (let index = 0; index < list.length; index += 4) {
    await product.group(list[index].trim(), index % 40 === 0 ? [members[(index / 4) % members.length]] : []);
  }
}
