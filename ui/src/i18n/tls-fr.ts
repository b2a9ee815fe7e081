import type { tlsEn } from './tls-en.ts'

export const tlsFr: Readonly<Record<keyof typeof tlsEn, string>> = {
  title: 'HTTPS',
  error: 'L’état de HTTPS n’a pas pu être demandé.',
  'way.files': 'Vos propres fichiers de certificat ; le hub prend les nouveaux de lui-même.',
  'way.acme': 'Une autorité établit le certificat, et le hub le fait renouveler à temps.',
  'way.proxy': 'Un proxy devant le hub a le certificat.',
  'way.own': 'Le hub a fait lui-même un certificat, qu’aucun navigateur ne connaît.',
  until: 'Celui qui est montré prend fin le {time}.',
  names: 'Il vaut pour {names}.',
  by: 'Demandé à {directory}, pour {names}.',
  renewal: 'Renouvelé le {time}.',
  nothing: 'Il ne manque rien.',
  missing: 'Ce qui manque pour HTTPS',
  again: 'Redemandé le {time} ; tout de suite avec {command} sur la machine du hub.',
  said: 'Ce qui a été dit : {text}',
  'missing.trusted':
    'Les navigateurs mettent en garde contre ce hub. Donnez-lui des fichiers de certificat (FAIRLEAD_TLS_CERT, FAIRLEAD_TLS_KEY), laissez une autorité en établir un (FAIRLEAD_ACME_AGREE=1), ou mettez un proxy devant (FAIRLEAD_TRUSTED_PROXIES).',
  'missing.address': 'Le hub ne sait pas où on le joint. Fixez FAIRLEAD_PUBLIC_URL, par exemple https://hub.example.',
  'missing.name': 'Le certificat ne vaut pas pour le nom de FAIRLEAD_PUBLIC_URL. Faites-en établir un pour ce nom, ou corrigez l’adresse.',
  'missing.over': 'Le certificat est expiré, et les navigateurs le refusent. Renouvelez-le.',
  'missing.soon': 'Le certificat prend fin d’ici deux semaines. Renouvelez-le.',
  'missing.files': 'Les fichiers présents ne sont pas pris ; le certificat d’avant reste montré. Remettez-en deux qui vont ensemble.',
  'missing.waiting': 'L’autorité est en train d’être interrogée. En attendant, le hub montre son propre certificat.',
  'reason.port':
    'Le hub ne peut pas écouter là où l’autorité demande, sur le port 80. Laissez son compte y écouter, ou menez le port 80 vers un autre et dites-le dans FAIRLEAD_ACME_LISTEN.',
  'reason.dns': 'Le nom est inconnu du DNS. Créez-le, avec l’adresse de ce hub.',
  'reason.connection':
    'Personne ne répond à l’autorité sur le port 80 de ce nom. Laissez passer le port 80 jusqu’à ce hub : pare-feu, routeur, conteneur.',
  'reason.unauthorized': 'Un autre serveur répond pour ce nom. Menez le nom dans le DNS, et le port 80, vers ce hub.',
  'reason.caa': 'Le DNS interdit à cette autorité d’établir des certificats pour ce nom. Changez son enregistrement CAA.',
  'reason.rejected': 'L’autorité n’établit pas de certificat pour ce nom. Prenez un autre nom, ou une autre autorité.',
  'reason.rate_limited': 'L’autorité a été interrogée trop souvent pour ce nom. Le hub attend aussi longtemps qu’elle le dit.',
  'reason.terms': 'L’autorité a d’autres conditions à présent. Lisez-les et acceptez-les là où elle le dit.',
  'reason.account':
    'L’autorité n’accepte pas ce compte. Corrigez FAIRLEAD_ACME_EMAIL, ou le compte qu’elle vous a donné : FAIRLEAD_ACME_EAB_KID et FAIRLEAD_ACME_EAB_KEY.',
  'reason.unreachable': 'L’autorité ne répond pas. Voyez la sortie du hub, son DNS et FAIRLEAD_ACME_DIRECTORY.',
  'reason.untrusted':
    'L’autorité n’est pas celle qu’elle devrait être. Réglez l’horloge de la machine du hub, ou nommez sa CA dans FAIRLEAD_ACME_CA.',
  'reason.answer': 'Ce qui répond à FAIRLEAD_ACME_DIRECTORY n’est pas une autorité. Corrigez cette adresse.',
  'reason.certificate': 'L’autorité en a établi un qui ne sert à rien ici. Voyez ce qui a été dit, et l’horloge de la machine du hub.',
  'reason.stopped': 'Le hub s’est arrêté pendant que l’autorité était interrogée. Il redemande de lui-même.',
  'reason.other': 'L’autorité n’a pas établi de certificat. Voyez ce qui a été dit, et le journal du hub.',
}
