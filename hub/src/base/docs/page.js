// The page of the API: draws /api/openapi.json, and asks nobody else. Text is always text: nothing here makes markup of it.

const words = {
  en: {
    other: 'Français',
    find: 'Find',
    intro:
      'Requests carry the login cookie of the console. Whatever changes something must come from this very address. Lists that go on answer one JSON document a line, or server-sent events with “Accept: text/event-stream”, which go on after “Last-Event-ID”, or say “reset” and begin anew. Logs, events and the audit trail go on after any id; a list of the fleet while the hub still holds what was seen, about a minute, by patches alone.',
    needs: 'Permission',
    on: 'Judged on',
    open: 'Open to everybody',
    fields: 'Fields',
    answer: 'Answer',
    example: 'Example',
    required: 'required',
    nothing: 'Nothing matches.',
    failed: 'The description could not be loaded. Reload the page.',
    in: { path: 'in the path', query: 'in the query', body: 'in the body' },
  },
  fr: {
    other: 'English',
    find: 'Chercher',
    intro:
      'Les requêtes portent le cookie de connexion de la console. Tout ce qui modifie quelque chose doit venir de cette même adresse. Les listes qui continuent répondent un document JSON par ligne, ou des événements serveur avec « Accept: text/event-stream », qui reprennent après « Last-Event-ID », ou disent « reset » et recommencent. Journaux, événements et piste d’audit reprennent après tout identifiant ; une liste du parc tant que le hub tient ce qui a été vu, environ une minute, par les seuls changements.',
    needs: 'Permission',
    on: 'Jugée sur',
    open: 'Ouvert à tous',
    fields: 'Champs',
    answer: 'Réponse',
    example: 'Exemple',
    required: 'obligatoire',
    nothing: 'Rien ne correspond.',
    failed: 'La description n’a pas pu être chargée. Rechargez la page.',
    in: { path: 'dans le chemin', query: 'dans la requête', body: 'dans le corps' },
  },
}

let language = navigator.language.startsWith('fr') ? 'fr' : 'en'

/** An element with attributes and children; a child that is no element is text. */
function el(name, attributes, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

function fieldsOf(operation) {
  const named = (operation.parameters ?? []).map(({ name, in: place, required, schema }) => ({ name, place, required, schema }))
  const body = operation.requestBody?.content?.['application/json']?.schema
  const inBody = Object.entries(body?.properties ?? {}).map(([name, schema]) => ({
    name,
    place: 'body',
    required: (body.required ?? []).includes(name),
    schema,
  }))
  return [...named, ...inBody]
}

function fieldTable(fields, text) {
  const rows = fields.map(({ name, place, required, schema }) =>
    el(
      'tr',
      {},
      el('td', {}, el('code', {}, name)),
      el('td', { class: 'soft' }, `${text.in[place]}${required ? `, ${text.required}` : ''}`),
      el('td', {}, el('code', {}, JSON.stringify(schema))),
    ),
  )
  return el('table', {}, el('tbody', {}, ...rows))
}

function example(verb, path, fields) {
  const filled = path.replaceAll(/\{(\w+)\}/g, '$1')
  const body = fields.filter(({ place }) => place === 'body')
  const query = fields.filter(({ place, required }) => place === 'query' && required).map(({ name }) => `${name}=…`)
  const url = `${location.origin}${filled}${query.length > 0 ? `?${query.join('&')}` : ''}`
  const data =
    body.length > 0
      ? ` -H 'Content-Type: application/json' -d '${JSON.stringify(Object.fromEntries(body.map(({ name }) => [name, '…'])))}'`
      : ''
  return `curl -X ${verb.toUpperCase()} -b '__Host-fairlead=…' -H 'Origin: ${location.origin}'${data} '${url}'`
}

function drawOperation(verb, path, operation, text) {
  const fields = fieldsOf(operation)
  const answers = Object.entries(operation.responses['200'].content ?? {})
  return el(
    'details',
    { id: operation.operationId },
    el(
      'summary',
      {},
      el('span', { class: 'verb' }, verb.toUpperCase()),
      el('code', {}, path),
      ' ',
      el('span', { class: 'soft' }, operation.operationId),
    ),
    el(
      'p',
      { class: 'soft' },
      operation['x-scope'] === 'public' ? text.open : `${text.needs}: ${operation['x-permission']} · ${text.on}: ${operation['x-scope']}`,
    ),
    ...(fields.length > 0 ? [el('h3', {}, text.fields), fieldTable(fields, text)] : []),
    el('h3', {}, text.answer),
    ...answers.map(([type, { schema }]) => el('pre', {}, schema === undefined ? type : `${type}\n${JSON.stringify(schema, undefined, 2)}`)),
    el('h3', {}, text.example),
    el('pre', {}, example(verb, path, fields)),
  )
}

function draw(api, wanted) {
  const text = words[language]
  document.documentElement.lang = language
  document.getElementById('language').textContent = text.other
  document.getElementById('find-label').textContent = text.find
  const groups = new Map()
  for (const [path, verbs] of Object.entries(api.paths))
    for (const [verb, operation] of Object.entries(verbs)) {
      if (!`${verb} ${path} ${operation.operationId} ${operation['x-permission']}`.toLowerCase().includes(wanted)) continue
      const [feature] = operation.tags
      if (!groups.has(feature)) groups.set(feature, [])
      groups.get(feature).push(drawOperation(verb, path, operation, text))
    }
  const sections = [...groups].map(([feature, operations]) => el('section', {}, el('h2', {}, feature), ...operations))
  const main = document.getElementById('main')
  main.replaceChildren(el('p', {}, text.intro), ...(sections.length > 0 ? sections : [el('p', {}, text.nothing)]))
  const linked = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (linked?.localName === 'details') linked.open = true
}

try {
  const api = await (await fetch('/api/openapi.json')).json()
  const find = document.getElementById('find')
  const again = () => draw(api, find.value.trim().toLowerCase())
  find.addEventListener('input', again)
  document.getElementById('language').addEventListener('click', () => {
    language = language === 'en' ? 'fr' : 'en'
    again()
  })
  again()
} catch {
  document.getElementById('main').textContent = words[language].failed
}
