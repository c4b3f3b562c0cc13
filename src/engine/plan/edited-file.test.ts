import { describe, expect, it } from 'vitest';
import { type EditedFile, findPlace, lengthen, openFile } from './edited-file.ts';
import type { Resource } from '../../model/resource.ts';
import { loadMesh } from '../load-mesh.ts';
import { readText } from '../../collect/read-text.ts';

const manifest = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`;

function resourcesOf(text: string): readonly Resource[] {
  return loadMesh(readText(text, 'a.yaml').objects).mesh.resources.of('Namespace');
}

const textAt = (file: EditedFile, resource: Resource): string | undefined => {
  const place = findPlace(file, resource);
  return place && file.text.slice(place.start, place.end);
};

describe('lengthen', () => {
  it.each([
    ['a file that ends in a line break', `${manifest('a')}---\n${manifest('b')}`],
    ['one that does not', manifest('a').trimEnd()],
    ['one with breaks of Windows', manifest('a').replaceAll('\n', '\r\n')],
  ])('finds every object where a whole reading does: %s', (_name, raw) => {
    const file = openFile('a.yaml', raw);
    const lead = file.text.endsWith('\n') ? file.text : `${file.text}\n`;
    const longer = lengthen(file, `${lead}---\n${manifest('new')}`);
    const whole = openFile('a.yaml', longer.raw);
    const resources = resourcesOf(longer.text);
    expect(resources.map(({ name }) => name)).toContain('new');
    for (const resource of resources) {
      expect(textAt(longer, resource)).toBe(textAt(whole, resource));
      expect(textAt(longer, resource)).toContain(`name: ${resource.name}`);
    }
    expect(longer.raw).toBe(whole.raw);
  });
});
