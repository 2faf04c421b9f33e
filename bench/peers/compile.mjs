// Compiles Workload.sol with the compiler and the ERC-20 that contracts/ has installed, and writes its creation code.
// Arguments: the contracts folder, the file to write.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const [contracts, target] = process.argv.slice(2)
const packages = join(resolve(contracts), 'node_modules')
const solc = createRequire(join(packages, 'x.js'))('solc')
const input = {
  language: 'Solidity',
  sources: { 'Workload.sol': { content: readFileSync(new URL('Workload.sol', import.meta.url), 'utf8') } },
  settings: {
    evmVersion: 'cancun',
    optimizer: { enabled: true, runs: 10_000 },
    metadata: { bytecodeHash: 'none', appendCBOR: false },
    outputSelection: { 'Workload.sol': { Workload: ['evm.bytecode.object'] } },
  },
}
const read = (path) => ({ contents: readFileSync(join(packages, path), 'utf8') })
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }))
const problems = (output.errors ?? []).filter((error) => error.severity === 'error')
if (problems.length > 0) {
  throw new Error(problems.map((problem) => problem.formattedMessage).join('\n'))
}

writeFileSync(target, output.contracts['Workload.sol'].Workload.evm.bytecode.object)
