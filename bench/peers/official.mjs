// The official facilitator's code with a chain that answers at once: every signature is verified for real, in this process, and nothing is sent.
// A receipt has the transfer that was asked for, because the facilitator looks for it; ours is measured with the same.
import { x402Facilitator } from '@x402/core/facilitator'
import { toFacilitatorEvmSigner } from '@x402/evm'
import { ExactEvmScheme } from '@x402/evm/exact/facilitator'
import { keccak256, toBytes, verifyTypedData } from 'viem'

export const network = 'eip155:84532'

/** A facilitator whose chain reads and settlements are stubs. Only the token has code. */
export function facilitatorWithoutChain(token) {
  const transfers = new Map()
  const word = (digits) => `0x${digits.padStart(64, '0')}`
  return withSigner({
    address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    readContract: async () => undefined,
    getCode: async ({ address }) => (address.toLowerCase() === token.toLowerCase() ? '0x60' : undefined),
    verifyTypedData: (args) => verifyTypedData(args),
    writeContract: async ({ args: [from, to, value] }) => {
      const hash = word((transfers.size + 1).toString(16))
      transfers.set(hash, { address: token, topics: [transferTopic, word(from.slice(2)), word(to.slice(2))], data: word(value.toString(16)) })
      return hash
    },
    sendTransaction: async () => { throw new Error('nothing is to be sent by itself') },
    waitForTransactionReceipt: async ({ hash }) => ({ status: 'success', logs: [transfers.get(hash)] }),
  })
}

const transferTopic = keccak256(toBytes('Transfer(address,address,uint256)'))

/** The packages' facilitator around a signer. */
export function withSigner(signer) {
  return new x402Facilitator().register(network, new ExactEvmScheme(toFacilitatorEvmSigner(signer)))
}

/** Listens on a free port of loopback and says where. */
export function listen(app) {
  const server = app.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
  server.keepAliveTimeout = 600_000
  process.stdin.on('end', () => process.exit(0)).resume() // who started this has gone
}
