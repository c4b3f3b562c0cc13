import { CLIENT_SCENES } from './client-scenes.ts';
import { POLICY_SCENES } from './policy-scenes.ts';
import type { Scene } from './scene.ts';
import { tokenScenes } from './token-scenes.ts';
import type { Issuer } from './tokens.ts';

/** What is compared with the model, one after the other. */
export const scenesWith = (issuer: Issuer): readonly Scene[] => [
  ...POLICY_SCENES,
  ...tokenScenes(issuer),
  ...CLIENT_SCENES,
];
