// The peer of verifying over HTTP: the official facilitator on a node. Argument: the node's URL.
import express from 'express'
import { createWalletClient, http, publicActions, verifyTypedData } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { baseSepolia } from 'viem/chains'
import { listen, withSigner } from './official.mjs'

const account = mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: 1 })
const wallet = createWalletClient({ account, chain: baseSepolia, transport: http(process.argv[2]) }).extend(publicActions)
const facilitator = withSigner({
  address: account.address,
  readContract: (args) => wallet.readContract(args),
  getCode: (args) => wallet.getCode(args),
  // An account without code is recovered here; asking the node to verify, as a public client does, would only cost it another call.
  verifyTypedData: (args) => verifyTypedData(args),
  writeContract: (args) => wallet.writeContract(args),
  sendTransaction: (args) => wallet.sendTransaction(args),
  waitForTransactionReceipt: (args) => wallet.waitForTransactionReceipt(args),
})

const app = express()
app.use(express.json())
app.post('/verify', async (request, response) => {
  response.json(await facilitator.verify(request.body.paymentPayload, request.body.paymentRequirements))
})
listen(app)
