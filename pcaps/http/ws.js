// The two ends of a WebSocket with the npm package ws: ws.js server PORT | ws.js client URL
const { WebSocket, WebSocketServer } = require('ws')
const [mode, where] = process.argv.slice(2)
if (mode === 'server') {
  new WebSocketServer({ port: Number(where) }).on('connection', (ws) => {
    ws.on('message', (text) => { ws.send('bound ' + text); ws.send('ping CANARY0001') })
  })
} else if (mode === 'client') {
  const ws = new WebSocket(where)
  let n = 0
  ws.on('open', () => ws.send('bind CANARY0001'))
  ws.on('message', () => { if (++n === 2) ws.close() })
} else {
  console.error('usage: ws.js server PORT | ws.js client URL')
  process.exit(2)
}
