// Writes compiled contracts (ABI, creation code, runtime code) as small canonical JSON files: those that Purser ships,
// or those that its .NET tests deploy.
// usage: node tools/artifacts.mjs shipped|tests <folder>     (run in contracts/, packages installed)
//
// Each contract is compiled by itself, with only the sources it imports, so that adding another contract or a test
// cannot change its bytecode. Settings come from foundry.toml alone: forge compiles, this file only picks and orders.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { binary } from './foundry.mjs';

const sets = {
  shipped: [
    'src/Multicall3.sol',
    'src/Permit2.sol',
    'src/TestUSD.sol',
    'src/X402ExactPermit2Proxy.sol',
    'src/X402UptoPermit2Proxy.sol',
  ],
  tests: ['test/payers/HostileWallet.sol', 'test/payers/OwnerSignedWallet.sol', 'test/payers/WalletFactory.sol'],
};

const [set, folder] = process.argv.slice(2);
if (!sets[set] || !folder) {
  console.error('usage: node tools/artifacts.mjs shipped|tests <folder>');
  process.exit(2);
}

mkdirSync(folder, { recursive: true });
for (const source of sets[set]) {
  const name = basename(source, '.sol');
  writeFileSync(join(folder, `${name}.json`), artifact(name, source));
}

/** Compiles one contract and gives the text of its artifact file. */
function artifact(name, source) {
  const out = join('cache', 'shipped', name);
  rmSync(out, { recursive: true, force: true });
  const places = ['--out', join(out, 'out'), '--cache-path', join(out, 'cache')];
  const build = ['build', '--force', ...places, source];
  execFileSync(binary('forge'), build, { stdio: ['ignore', 'ignore', 'inherit'] });

  const built = JSON.parse(readFileSync(join(out, 'out', `${name}.sol`, `${name}.json`), 'utf8'));
  const metadata = typeof built.metadata === 'string' ? JSON.parse(built.metadata) : built.metadata;
  for (const code of [built.bytecode, built.deployedBytecode]) {
    if (Object.keys(code.linkReferences ?? {}).length !== 0 || !/^0x([0-9a-f]{2})+$/.test(code.object)) {
      throw new Error(`${name}: the bytecode has open link references or is not lower-case hex`);
    }
  }

  return render({
    name,
    compiler: metadata.compiler.version,
    evmVersion: metadata.settings.evmVersion,
    optimizerRuns: metadata.settings.optimizer.enabled ? metadata.settings.optimizer.runs : null,
    abi: built.abi.map(abiItem).sort(byKey(abiKey)),
    immutableReferences: Object.values(built.deployedBytecode.immutableReferences ?? {})
      .flat()
      .map(({ start, length }) => ({ start, length }))
      .sort((a, b) => a.start - b.start),
    creationCode: built.bytecode.object,
    runtimeCode: built.deployedBytecode.object,
  });
}

/** One ABI item with its members in one order, and without those that only repeat Solidity's own type names. */
function abiItem({ type, name, stateMutability, anonymous, inputs, outputs }) {
  return drop({ type, name, stateMutability, anonymous, inputs: inputs?.map(parameter), outputs: outputs?.map(parameter) });
}

function parameter({ name, type, indexed, components }) {
  return drop({ name, type, indexed, components: components?.map(parameter) });
}

function drop(item) {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined));
}

function abiKey({ type, name = '', inputs = [] }) {
  return `${type} ${name}(${inputs.map((input) => input.type).join(',')})`;
}

/** Ordinal order: the locale of the machine must not matter. */
function byKey(key) {
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

/** JSON with one ABI item to a line, so that a change of the contract reads as a change of its lines. */
function render(artifact) {
  const lines = Object.entries(artifact).map(([member, value]) => {
    const text = Array.isArray(value) && value.length > 0
      ? `[\n${value.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`
      : JSON.stringify(value);
    return `  ${JSON.stringify(member)}: ${text}`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}
