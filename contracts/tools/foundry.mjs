// Finds the Foundry binary of this platform among the installed npm packages.
// usage: node tools/foundry.mjs forge|anvil|cast     prints its path
//
// The commands under node_modules/.bin are wrappers that exit with 0 whatever happened in the binary (1.7.1), so a
// failed test would look like success: everything of ours that starts one of these tools starts the binary itself.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const architectures = { x64: 'amd64', arm64: 'arm64' };

/** The path of `tool`'s binary; throws when it is not installed. */
export function binary(tool) {
  const name = `@foundry-rs/${tool}-${process.platform}-${architectures[process.arch] ?? process.arch}`;
  const file = process.platform === 'win32' ? `${tool}.exe` : tool;
  const path = join(fileURLToPath(new URL('..', import.meta.url)), 'node_modules', name, 'bin', file);
  if (!existsSync(path)) {
    throw new Error(`${name} is not installed: run eng/contracts.sh install`);
  }
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(binary(process.argv[2]));
  } catch (error) {
    console.error(`contracts: ${error.message}`);
    process.exitCode = 1;
  }
}
