// The peer of simulated calls: the EVM of EthereumJS in its own process, without HTTP, on the same contract.
// Arguments: a file with the creation code, the caller's address, the call that is made once before (hex).
// Reads "calldata count" a line, makes that many calls, answers with nanoseconds per call and the last one's output.
import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { createEVM } from '@ethereumjs/evm'
import { createAddressFromString, hexToBytes, bytesToHex } from '@ethereumjs/util'

const [codeFile, from, before] = process.argv.slice(2)
const caller = createAddressFromString(from)
const gasLimit = 30_000_000n
const evm = await createEVM({ common: new Common({ chain: Mainnet, hardfork: Hardfork.Cancun }) })

const run = async (to, data) => {
  const result = await evm.runCall({ caller, origin: caller, to, data, gasLimit })
  if (result.execResult.exceptionError) {
    throw new Error(result.execResult.exceptionError.error)
  }
  return result
}

const created = await run(undefined, hexToBytes(`0x${readFileSync(codeFile, 'utf8').trim()}`))
const contract = created.createdAddress
await run(contract, hexToBytes(before))

for await (const line of createInterface({ input: process.stdin })) {
  const [calldata, count] = line.split(' ')
  const data = hexToBytes(calldata)
  let output
  const start = process.hrtime.bigint()
  for (let i = 0; i < Number(count); i++) {
    // As eth_call does: every call begins on the same state.
    await evm.stateManager.checkpoint()
    output = (await run(contract, data)).execResult.returnValue
    await evm.stateManager.revert()
  }

  const spent = process.hrtime.bigint() - start
  console.log(`${Number(spent) / Number(count)} ${bytesToHex(output)}`)
}
