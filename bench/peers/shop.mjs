// The peer of a paid request: the official express middleware and facilitator code in one process.
// Arguments: the token, the payee.
import express from 'express'
import { x402ResourceServer } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware } from '@x402/express'
import { facilitatorWithoutChain, listen, network } from './official.mjs'

const [token, payTo] = process.argv.slice(2)
const facilitator = facilitatorWithoutChain(token)
const server = new x402ResourceServer({
  verify: (payload, requirements) => facilitator.verify(payload, requirements),
  settle: (payload, requirements) => facilitator.settle(payload, requirements),
  getSupported: async () => facilitator.getSupported(),
}).register(network, new ExactEvmScheme())

const app = express()
app.use(paymentMiddleware({
  'GET /report': {
    accepts: { scheme: 'exact', network, payTo, price: { asset: token, amount: '2500', extra: { name: 'Test USD', version: '1' } } },
    description: 'One report',
    mimeType: 'application/json',
  },
}, server))
app.get('/report', (_, response) => response.json({ report: 'calm sea, light wind' }))
listen(app)
