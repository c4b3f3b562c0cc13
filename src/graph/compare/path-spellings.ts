/** One path as clients may write it too: proxies that normalise paths otherwise see another one. Not all of them, for requests to try. */
export function pathSpellings(path: string): readonly string[] {
  const [plain = '/'] = path.split('?');
  const query = path.slice(plain.length);
  const last = plain.lastIndexOf('/');
  const [start, end] = [plain.slice(0, last), plain.slice(last + 1)];
  const spelt = [
    plain,
    `/${plain}`,
    `${start}//${end}`,
    `${start}/./${end}`,
    `/x/..${plain}`,
    ...(last > 0 ? [`${start}%2F${end}`, `${start}%2f${end}`, `${start}%5C${end}`, `${start}\\${end}`] : []),
  ];
  return [...new Set(spelt)].map((each) => `${each}${query}`);
}
