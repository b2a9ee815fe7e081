import type { Templates } from './templates.ts'

/** Releases of the agent and waves of them. */
export const updatesSaid: Templates = {
  'A comment of a signature is one line.': 'Le commentaire d’une signature tient en une ligne.',
  'A file of {1} bytes has {2} blocks, and {3} hashes came.': 'Un fichier de {1} octets a {2} blocs, et {3} empreintes sont venues.',
  'Block {1} cannot be unpacked into {2} bytes.': 'Le bloc {1} ne peut pas être décompressé en {2} octets.',
  'Block {1} is another one than was offered.': 'Le bloc {1} n’est pas celui qui a été proposé.',
  'Block {1} was not asked for.': 'Le bloc {1} n’était pas demandé.',
  'It came with an image: pull a newer one, and make its container anew.':
    'Il est venu avec une image : prenez-en une plus récente, et recréez son conteneur.',
  'It is not signed: there is no manifest.json.minisig beside it, and hosts take nothing else.':
    'Elle n’est pas signée : il n’y a pas de manifest.json.minisig à côté d’elle, et les hôtes ne prennent rien d’autre.',
  'It is {1}, and not ready to start.': 'Son état est « {1*} », et il n’est pas prêt à commencer.',
  'It was asked for too long ago, by the clock of this host; nothing was begun.':
    'Cela a été demandé il y a trop longtemps, à l’horloge de cet hôte ; rien n’a été commencé.',
  'It was not let run: {1}': 'Il n’a pas pu être lancé : {1*}',
  'It was started from a clone: pull there, and start it again.': 'Il a été lancé d’un clone : faites-y un « pull », et relancez-le.',
  'It was started without its starter script: run the install line of the console again.':
    'Il a été lancé sans son script de démarrage : relancez la ligne d’installation de la console.',
  'It was tried three times.': 'Cela a été essayé trois fois.',
  'No block has number {1} and {2} bytes.': 'Aucun bloc n’a le numéro {1} et {2} octets.',
  'No host there can be given {1}: {2}.': 'Aucun hôte là ne peut recevoir {1} : {2*}.',
  'Offer that release first: this host knows of no such.': 'Proposez d’abord cette version : cet hôte n’en connaît pas de telle.',
  'Release {1} has counter {2}, and this host has seen {3}: it goes to newer ones alone. On the host: fairlead-agent rollback.':
    'La version {1} a le compteur {2}, et cet hôte a vu {3} : il ne va qu’à de plus récentes. Sur l’hôte : fairlead-agent rollback.',
  'Release {1} has no {2}, which this host takes.': 'La version {1} n’a pas de {2}, que prend cet hôte.',
  'Release {1} is what runs here.': 'La version {1} est celle qui tourne ici.',
  'Release {1} was good until {2}, and this host’s clock is beyond that. Take a newer one; if the clock is wrong, set it.':
    'La version {1} valait jusqu’au {2}, et l’horloge de cet hôte est au-delà. Prenez-en une plus récente ; si l’horloge est fausse, réglez-la.',
  'Releases have no program for {1}.': 'Les versions n’ont pas de programme pour {1}.',
  'That release is not ready here: offer it, and send what is missing.':
    'Cette version n’est pas prête ici : proposez-la, et envoyez ce qui manque.',
  'The agent of this host is too old to be updated from here. Run the install line there again.':
    'L’agent de cet hôte est trop ancien pour être mis à jour d’ici. Relancez-y la ligne d’installation.',
  'The blocks end in the middle of one.': 'Les blocs finissent au milieu de l’un d’eux.',
  'The disk of this host does not take it (unknown).': 'Le disque de cet hôte ne le prend pas (cause inconnue).',
  'The disk of this host does not take it ({1}).': 'Le disque de cet hôte ne le prend pas ({1}).',
  'The disk of this host is full: make room there.': 'Le disque de cet hôte est plein : faites-y de la place.',
  'The file of that release was changed on the disk: offer it again.':
    'Le fichier de cette version a été changé sur le disque : proposez-la à nouveau.',
  'The file that came is not the one that was signed; it was thrown away.':
    'Le fichier reçu n’est pas celui qui a été signé ; il a été jeté.',
  'The host did not say what became of what it was sent.': 'L’hôte n’a pas dit ce qu’est devenu ce qui lui a été envoyé.',
  'The host speaks of another file than the one that it was offered.': 'L’hôte parle d’un autre fichier que celui qui lui a été proposé.',
  'The hub could not send it; its log says why.': 'Le hub n’a pas pu l’envoyer ; son journal dit pourquoi.',
  'The release in {1} is offered to nobody: {2}': 'La version dans {1} n’est proposée à personne : {2*}',
  'The release {1} expired on {2}: no host takes it any more. Get a newer one.':
    'La version {1} a expiré le {2} : aucun hôte ne la prend plus. Procurez-vous-en une plus récente.',
  'The wave is {1}.': 'L’état de la vague est « {1*} ».',
  'There is no such wave of updates.': 'Cette vague de mises à jour n’existe pas.',
  'This agent': 'Cet agent',
  'This agent knows no key that signs releases, so it takes none. Put the public key of minisign into /etc/fairlead/release-keys on the host, or build the agent with FAIRLEAD_RELEASE_KEYS.':
    'Cet agent ne connaît aucune clé qui signe des versions, et n’en prend donc aucune. Mettez la clé publique de minisign dans /etc/fairlead/release-keys sur l’hôte, ou construisez l’agent avec FAIRLEAD_RELEASE_KEYS.',
  'This host is being updated already.': 'Cet hôte est déjà en cours de mise à jour.',
  'This host is busy with an update already; ask again.': 'Cet hôte est déjà pris par une mise à jour ; redemandez.',
  'This host is quarantined: a second copy of its key is in use.': 'Cet hôte est en quarantaine : une seconde copie de sa clé sert.',
  'This host keeps no agent of before.': 'Cet hôte ne garde aucun agent d’avant.',
  'This hub has no release: build one with npm run build:agent, or copy one into the folder releases of its data folder.':
    'Ce hub n’a aucune version : construisez-en une avec npm run build:agent, ou copiez-en une dans le dossier releases de son dossier de données.',
  'This hub has no such release.': 'Ce hub n’a pas cette version.',
  'This hub has the release {1} no more.': 'Ce hub n’a plus la version {1}.',
  'This is no public key of minisign.': 'Ce n’est pas une clé publique de minisign.',
  'This is no secret key of minisign.': 'Ce n’est pas une clé secrète de minisign.',
  'This is no signature of minisign over a hashed file.': 'Ce n’est pas une signature de minisign sur l’empreinte d’un fichier.',
  'This is not signed by the key that signs releases; nothing was taken from it.':
    'Ce n’est pas signé par la clé qui signe les versions ; rien n’en a été pris.',
  'This list of a release is signed and is not one of this agent; it may want a newer agent first.':
    'Cette liste d’une version est signée et n’est pas de cet agent ; elle veut peut-être d’abord un agent plus récent.',
  'This secret key of minisign has a password. Sign with minisign itself ("minisign -S -m SHA256SUMS"), or take one without ("minisign -C -W").':
    'Cette clé secrète de minisign a un mot de passe. Signez avec minisign lui-même (« minisign -S -m SHA256SUMS »), ou prenez-en une sans (« minisign -C -W »).',
  'This secret key of minisign is damaged.': 'Cette clé secrète de minisign est endommagée.',
  'This signature is of "{1}", and not of a list of a release.': 'Cette signature est de « {1} », et non d’une liste d’une version.',
  fetching: 'réception',
  idle: 'au repos',
  'it did not say who it is within {1} seconds.': 'il n’a pas dit qui il est en {1} secondes.',
  'it does not start ({1}).': 'il ne démarre pas ({1}).',
  'it ended with {1}: {2}': 'il a fini par {1} : {2}',
  'it says it is {1} and not {2}.': 'il se dit {1} et non {2}.',
  kept: 'gardé',
  'manifest.json is not what a release says of itself.': 'manifest.json n’est pas ce qu’une version dit d’elle-même.',
  ready: 'prêt',
  returned: 'revenu',
  'there is none': 'il n’y en a pas',
  trying: 'essai',
  '{1} MB are free in {2}, and {3} are wanted: make room there.': '{1} Mo sont libres dans {2}, et il en faut {3} : faites-y de la place.',
  '{1} cannot be read: run the install line of the console again.':
    '{1} ne peut pas être lu : relancez la ligne d’installation de la console.',
  '{1} has a line that is no public key of minisign: "{2}".': '{1*} a une ligne qui n’est pas une clé publique de minisign : « {2} ».',
  '{1} have it or something newer, {2} are being updated, {3} cannot take it':
    '{1} l’ont, ou plus récent, {2} sont en cours de mise à jour, {3} ne peuvent pas la prendre',
  '{1} is no time zone that this hub knows; one is named like Europe/Paris.':
    '{1} n’est pas un fuseau horaire que ce hub connaisse ; un fuseau se nomme comme Europe/Paris.',
  '{1} is on a file system that starts no programs (noexec).':
    '{1} est sur un système de fichiers qui ne lance pas de programmes (noexec).',
  '{1} is another file than the one its manifest says.': '{1} n’est pas le fichier que dit son manifeste.',
  '{1} has {2} bytes, and its manifest says {3}.': '{1} a {2} octets, et son manifeste en dit {3}.',
  '{1} is not there.': '{1} n’est pas là.',
  '{1} of {2} in stage {3}{4}': '{1} sur {2} à l’étape {3}{4}',
  'It has the counter of {1} ({2}), which is offered. Each release needs a counter of its own.':
    'Elle a le compteur de {1} ({2}), qui est proposée. Chaque version a besoin d’un compteur à elle.',
  'manifest.json is no readable file of at most {1} characters.': 'manifest.json n’est pas un fichier lisible d’au plus {1} caractères.',
}
