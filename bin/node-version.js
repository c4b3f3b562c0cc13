const MINIMUM = [20, 19];

export function isNodeTooOld(version) {
  const [major, minor] = version.split('.').map(Number);
  return major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1]);
}

export function nodeTooOldMessage(version) {
  return `meshproof: needs Node.js ${MINIMUM.join('.')} or newer, this is ${version}\n`;
}
