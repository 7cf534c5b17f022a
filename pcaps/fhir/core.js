// A FHIR server by the npm package node-fhir-server-core over a map in memory, tokens by oauth2-mock-server,
// an application by SMART's fhirclient (code with PKCE), and a conversation by fhir-kit-client.
//   core.js server PORT TOKEN-URL | core.js auth HOST PORT | core.js app PORT FHIR-URL | core.js client FHIR-URL
const http = require('http')

const service = (name) => {
  const kept = new Map()
  let last = 0
  const put = (id, resource, versionId) => {
    const r = { ...resource, resourceType: name, id, meta: { versionId: String(versionId), lastUpdated: new Date().toISOString() } }
    kept.set(id, [...(kept.get(id) || []), r])
    return { id, resource_version: String(versionId) }
  }
  const newest = (id) => {
    const { NotFound } = missing()
    if (!kept.has(id)) throw NotFound
    return kept.get(id)[kept.get(id).length - 1]
  }
  const missing = () => {
    const NotFound = new Error(name + ' is not here')
    Object.assign(NotFound, { statusCode: 404, resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'not-found' }] })
    return { NotFound }
  }
  const bundle = (all, type) => ({ resourceType: 'Bundle', type, total: all.length, entry: all.map((resource) => ({ resource })) })
  return {
    search: async () => bundle([...kept.keys()].map(newest), 'searchset'),
    searchById: async ({ id }) => newest(id),
    searchByVersionId: async ({ id, version_id: v }) => { newest(id); return kept.get(id)[v - 1] },
    create: async (args, { req }) => put(`${name.toLowerCase()}-${++last}`, req.body, 1),
    update: async ({ id }, { req }) => put(id, req.body, (kept.get(id) || []).length + 1),
    remove: async ({ id }) => { kept.delete(id) },
    history: async () => bundle([...kept.values()].flat(), 'history'),
    historyById: async ({ id }) => { newest(id); return bundle(kept.get(id), 'history') }
  }
}

function serve (port, tokens) {
  const { initialize } = require('@asymmetrik/node-fhir-server-core')
  const profiles = {}
  for (const name of ['Patient', 'Device', 'Observation']) profiles[name] = { service: service(name), versions: ['4_0_1'] }
  initialize({
    profiles, logging: { level: 'error' },
    security: [{ url: 'authorize', valueUri: tokens + '/authorize' }, { url: 'token', valueUri: tokens + '/token' }]
  }).listen(Number(port), () => {})
}

async function issue (host, port) {
  const { OAuth2Server } = require('oauth2-mock-server')
  const server = new OAuth2Server()
  await server.issuer.keys.generate('ES256')
  server.service.on('beforeResponse', (response) => { Object.assign(response.body, { patient: 'patient-1', scope: 'launch/patient patient/*.rs' }) })
  await server.start(Number(port), host)
}

// The application of a ward's browser: /launch sends it to the token server, / comes back with the code.
function application (port, fhir) {
  const smart = require('fhirclient')
  const session = {} // one browser
  http.createServer(async (request, response) => {
    request.session = session
    const api = smart(request, response)
    try {
      if (request.url.startsWith('/launch')) {
        await api.authorize({ clientId: 'ward-app', scope: 'launch/patient patient/*.rs', redirectUri: '/', iss: fhir })
      } else {
        const client = await api.ready()
        const patient = await client.patient.read()
        await client.request('Observation?subject=Patient/' + patient.id)
        response.end('shown')
      }
    } catch (e) {
      response.statusCode = 500
      response.end(String(e.stack))
    }
  }).listen(Number(port))
}

async function talk (baseUrl) {
  const { Client } = await import('fhir-kit-client')
  const client = new Client({ baseUrl, customHeaders: { 'Content-Type': 'application/fhir+json' } })
  const patient = {
    resourceType: 'Patient', identifier: [{ system: 'urn:oid:1.2.392.100495.20.3.51', value: 'CANARY0001' }],
    name: [{ family: 'CANARY', given: ['TARO'] }, { text: '金糸雀 太郎' }], gender: 'male', birthDate: '1960-01-02'
  }
  const monitor = {
    resourceType: 'Device', manufacturer: 'Acme Medical', modelNumber: 'Acme Bedside 9', serialNumber: 'BM-90017', status: 'active',
    version: [{ value: '4.2.0' }]
  }
  const pulse = {
    resourceType: 'Observation', status: 'final', subject: { reference: 'Patient/patient-1', display: 'CANARY TARO' },
    device: { reference: 'Device/device-1' }, valueQuantity: { value: 72, unit: '/min' },
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' }] }
  }
  const step = async (what, promise) => {
    try { await promise; console.log(what) } catch (e) { console.log(what, e.response ? e.response.status : e.message) }
  }
  await step('metadata', client.capabilityStatement())
  await step('create', client.create({ resourceType: 'Patient', body: patient }))
  await step('create', client.create({ resourceType: 'Device', body: monitor }))
  await step('read', client.read({ resourceType: 'Patient', id: 'patient-1' }))
  await step('update', client.update({ resourceType: 'Patient', id: 'patient-1', body: { ...patient, id: 'patient-1', gender: 'other' } }))
  await step('vread', client.vread({ resourceType: 'Patient', id: 'patient-1', version: '1' }))
  await step('history', client.history({ resourceType: 'Patient', id: 'patient-1' }))
  await step('transaction', client.transaction({ body: { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: pulse, request: { method: 'POST', url: 'Observation' } }] } }))
  await step('search', client.search({ resourceType: 'Patient', searchParams: { name: 'CANARY', birthdate: '1960-01-02' } }))
  await step('search by POST', client.search({ resourceType: 'Observation', searchParams: { subject: 'Patient/patient-1' }, options: { postSearch: true } }))
  await step('not there', client.read({ resourceType: 'Patient', id: 'patient-9' }))
  await step('delete', client.delete({ resourceType: 'Device', id: 'device-1' }))
  process.exit(0)
}

const [mode, ...args] = process.argv.slice(2)
const modes = { server: serve, auth: issue, app: application, client: talk }
if (modes[mode]) modes[mode](...args)
else { console.error('usage: core.js server PORT TOKEN-URL | auth HOST PORT | app PORT FHIR-URL | client FHIR-URL'); process.exit(2) }
