/** What is said of the way to HTTPS: on the page of settings, and before there is an owner. */
export const tlsEn = {
  title: 'HTTPS',
  error: 'How it is with HTTPS could not be asked.',
  'way.files': 'Certificate files of your own; the hub takes new ones by itself.',
  'way.acme': 'An authority makes the certificate, and the hub has it renewed in time.',
  'way.proxy': 'A proxy before the hub has the certificate.',
  'way.own': 'The hub made a certificate itself, which no browser knows.',
  until: 'The one that is shown ends on {time}.',
  names: 'It is for {names}.',
  by: 'Asked: {directory}, for {names}.',
  renewal: 'Renewed on {time}.',
  nothing: 'Nothing is missing.',
  missing: 'What is missing for HTTPS',
  again: 'Asked again on {time}; at once with {command} on the hub’s machine.',
  said: 'What was said: {text}',
  'missing.trusted':
    'Browsers warn of this hub. Give it certificate files (FAIRLEAD_TLS_CERT, FAIRLEAD_TLS_KEY), let an authority make one (FAIRLEAD_ACME_AGREE=1), or put a proxy before it (FAIRLEAD_TRUSTED_PROXIES).',
  'missing.address': 'The hub does not know where people reach it. Set FAIRLEAD_PUBLIC_URL, like https://hub.example.',
  'missing.name': 'The certificate is not for the name in FAIRLEAD_PUBLIC_URL. Have one made for that name, or mend the address there.',
  'missing.over': 'The certificate is over, and browsers refuse it. Renew it.',
  'missing.soon': 'The certificate ends within two weeks. Renew it.',
  'missing.files':
    'The files that are there now are not taken; the certificate before them is shown on. Put back two that belong together.',
  'missing.waiting': 'The authority is being asked. Until it has made one, the hub shows its own certificate.',
  'reason.port':
    'The hub cannot listen where the authority asks, on port 80. Let its account listen there, or lead port 80 to another one and say so in FAIRLEAD_ACME_LISTEN.',
  'reason.dns': 'The name is not known in DNS. Make it there, with the address of this hub.',
  'reason.connection': 'Nobody answers the authority on port 80 of the name. Let port 80 through to this hub: firewall, router, container.',
  'reason.unauthorized': 'Another server answers for the name. Lead the name in DNS, and port 80, to this hub.',
  'reason.caa': 'DNS forbids this authority to make certificates for the name. Change its CAA record.',
  'reason.rejected': 'The authority makes no certificate for the name. Take another name, or another authority.',
  'reason.rate_limited': 'The authority was asked too often for the name. The hub waits as long as it says.',
  'reason.terms': 'The authority has other terms now. Read them, and agree to them where it says.',
  'reason.account':
    'The authority does not take this account. Mend FAIRLEAD_ACME_EMAIL, or who it knows you as: FAIRLEAD_ACME_EAB_KID and FAIRLEAD_ACME_EAB_KEY.',
  'reason.unreachable': 'The authority does not answer. Look at the hub’s way out, its DNS, and FAIRLEAD_ACME_DIRECTORY.',
  'reason.untrusted':
    'The authority is not who it should be. Set the clock of the hub’s machine, or name the CA behind it in FAIRLEAD_ACME_CA.',
  'reason.answer': 'What answers at FAIRLEAD_ACME_DIRECTORY is no authority. Mend that address.',
  'reason.certificate': 'The authority made one that is of no use here. Look at what was said, and at the clock of the hub’s machine.',
  'reason.stopped': 'The hub ended while the authority was asked. It asks again by itself.',
  'reason.other': 'The authority made no certificate. Look at what was said, and at the log of the hub.',
} as const
