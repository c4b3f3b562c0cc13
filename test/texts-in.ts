import type { InputTexts } from '../src/engine/plan/input-texts.ts';

/** Files of an input by name, as if they stood in a folder that was named. */
export function textsIn(files: Readonly<Record<string, string>>): InputTexts {
  return {
    textOf: (name) => files[name],
    exists: (name) => Object.hasOwn(files, name),
    takesNewFiles: () => true,
    pathOf: () => undefined,
  };
}
