import type { Templates } from './templates.ts'

/** The hub itself: its doors, its database, its keys, whom it asks. */
export const hubSaid: Templates = {
  '"{1}" is no field of this request; known are none.': '« {1} » n’est pas un champ de cette requête ; elle n’en connaît aucun.',
  '"{1}" is no field of this request; known are {2}.': '« {1} » n’est pas un champ de cette requête ; sont connus : {2}.',
  'A hub is starting on this data folder; try again when it is up.':
    'Un hub démarre sur ce dossier de données ; réessayez quand il tournera.',
  'A question of a command has 64 KiB at most.': 'Une question d’une commande a au plus 64 Kio.',
  'A request like this may have at most {1} KiB.': 'Une requête de ce genre a au plus {1} Kio.',
  'A value that is sealed may have {1} bytes at most; this one has {2}.': 'Une valeur scellée a au plus {1} octets ; celle-ci en a {2}.',
  'An address must begin with https://.': 'Une adresse doit commencer par https://.',
  'An address must hold no user and no password.': 'Une adresse ne doit contenir ni utilisateur ni mot de passe.',
  'Another hub runs on {1} already (its console is {2}); stop it, or give this one its own folder with FAIRLEAD_DATA_DIR.':
    'Un autre hub tourne déjà sur {1} (sa console est {2}) ; arrêtez-le, ou donnez à celui-ci un dossier à lui avec FAIRLEAD_DATA_DIR.',
  'Another hub runs on {1} already; stop it, or give this one its own folder with FAIRLEAD_DATA_DIR.':
    'Un autre hub tourne déjà sur {1} ; arrêtez-le, ou donnez à celui-ci un dossier à lui avec FAIRLEAD_DATA_DIR.',
  'Ask for a stream with GET.': 'Demandez un flux par GET.',
  'FAIRLEAD_KEK_COMMAND gave no key encryption key: {1} {2}. Run it by hand as the hub’s account.':
    'FAIRLEAD_KEK_COMMAND n’a donné aucune clé de chiffrement des clés : {1} {2*}. Lancez-le à la main sous le compte du hub.',
  'Idempotency-Key is up to 128 printable characters without blanks.': 'Idempotency-Key a au plus 128 caractères imprimables sans espaces.',
  'No text may hold a NUL.': 'Aucun texte ne peut contenir un NUL.',
  'Nobody took any of it for {1} s.': 'Personne n’en a rien pris pendant {1} s.',
  'Several hubs start on {1} at once; start only one.': 'Plusieurs hubs démarrent sur {1} à la fois ; n’en démarrez qu’un.',
  'Signing in goes over HTTP.': 'La connexion passe par HTTP.',
  'Something went wrong in the hub; its log has the reason under {1}.':
    'Quelque chose s’est mal passé dans le hub ; son journal en donne la raison sous {1}.',
  'Something went wrong in the hub; its log has the reason.': 'Quelque chose s’est mal passé dans le hub ; son journal en donne la raison.',
  'That exists already.': 'Cela existe déjà.',
  'The body must be JSON, and Content-Type must say application/json.':
    'Le corps doit être du JSON, et Content-Type doit dire application/json.',
  'The body must be one JSON object.': 'Le corps doit être un seul objet JSON.',
  'The certificate ended on {1}; renew it.': 'Le certificat a expiré le {1} ; renouvelez-le.',
  'The certificate or its key is no PEM file; both must be whole.':
    'Le certificat ou sa clé n’est pas un fichier PEM ; les deux doivent être entiers.',
  'The database at the bundled PostgreSQL does not let the hub in ({1}); {2}':
    'La base de données du PostgreSQL fourni n’admet pas le hub ({1}) ; {2*}',
  'The database at {1} does not let its owner in ({2}); start it, or mend DATABASE_OWNER_URL.':
    'La base de données à {1} n’admet pas son propriétaire ({2}) ; démarrez-la, ou corrigez DATABASE_OWNER_URL.',
  'The database at {1} does not let the hub in ({2}); {3}': 'La base de données à {1} n’admet pas le hub ({2}) ; {3*}',
  'The database is not migrated: some of its tables were in use all the time. End what reads them so long (a report, a dump), and start the hub again.':
    'La base de données n’est pas migrée : certaines de ses tables ont servi tout le temps. Arrêtez ce qui les lit si longtemps (un rapport, une extraction), et redémarrez le hub.',
  'The disk of the hub’s database is full: nothing can be changed until space is freed there.':
    'Le disque de la base de données du hub est plein : rien ne peut être changé avant que de la place y soit libérée.',
  'The file of the key encryption key, {1}, cannot be read ({2}); give it to the hub’s account.':
    'Le fichier de la clé de chiffrement des clés, {1}, ne peut pas être lu ({2}) ; donnez-le au compte du hub.',
  'The file of the key encryption key, {1}, is not there; put it back from your copy.':
    'Le fichier de la clé de chiffrement des clés, {1}, n’est pas là ; remettez-le depuis votre copie.',
  'The file of the key encryption key, {1}, is open to other accounts (mode {2}); run "chmod 600 {3}".':
    'Le fichier de la clé de chiffrement des clés, {1}, est ouvert à d’autres comptes (mode {2}) ; lancez « chmod 600 {3} ».',
  'The hub cannot listen on {1}:{2}: something else listens there already; stop it, or set {3}={4}://{5}:{6}{7}.':
    'Le hub ne peut pas écouter sur {1}:{2} : autre chose y écoute déjà ; arrêtez-le, ou réglez {3}={4}://{5}:{6}{7}.',
  'The hub cannot listen on {1}:{2}: this account may not use that port; set {3} to one above 1024.':
    'Le hub ne peut pas écouter sur {1}:{2} : ce compte n’a pas droit à ce port ; réglez {3} sur un port au-dessus de 1024.',
  'The hub cannot listen on {1}:{2}: {3}.': 'Le hub ne peut pas écouter sur {1}:{2} : {3}.',
  'The hub ended, or did not answer in time; see its log.': 'Le hub s’est arrêté, ou n’a pas répondu à temps ; voyez son journal.',
  'The hub has too many requests right now': 'Le hub a trop de requêtes en ce moment',
  'The hub is stopping; try again in a moment.': 'Le hub s’arrête ; réessayez dans un instant.',
  'The hub stops; come back in a moment.': 'Le hub s’arrête ; revenez dans un instant.',
  'The hub that runs does not know "{1}"; it is another version than this command.':
    'Le hub qui tourne ne connaît pas « {1} » ; il est d’une autre version que cette commande.',
  'The hub’s database does not answer right now; try again in a moment.':
    'La base de données du hub ne répond pas en ce moment ; réessayez dans un instant.',
  'The hub’s database is too slow to seal a value; try again in a moment.':
    'La base de données du hub est trop lente pour sceller une valeur ; réessayez dans un instant.',
  'The key does not belong to the certificate; give the two that were made together.':
    'La clé n’est pas celle du certificat ; donnez les deux qui vont ensemble.',
  'The key encryption key is being changed; try again in a moment.':
    'La clé de chiffrement des clés est en cours de changement ; réessayez dans un instant.',
  'The key encryption key must be 32 bytes, as they are, in base64 or in hex; {1} is something else. Make one with "openssl rand -base64 32".':
    'La clé de chiffrement des clés doit faire 32 octets, tels quels, en base64 ou en hexadécimal ; {1*} est autre chose. Créez-en une avec « openssl rand -base64 32 ».',
  'The key encryption key was changed by another hub just now; try again.':
    'La clé de chiffrement des clés vient d’être changée par un autre hub ; réessayez.',
  'The name {1} is not known; check its spelling and the hub’s DNS.':
    'Le nom {1} n’est pas connu ; vérifiez son orthographe et le DNS du hub.',
  'The name {1} was not found in time.': 'Le nom {1} n’a pas été trouvé à temps.',
  'The secrets in this database are sealed with another key encryption key: {1} is not the one, and neither is {2} (the old one). Put the right key back (at first it is the file {3}, else what FAIRLEAD_KEK_FILE, FAIRLEAD_KEK_COMMAND or FAIRLEAD_KEK_PASSPHRASE says); to change keys, name the one before with FAIRLEAD_KEK_OLD_FILE, _COMMAND or _PASSPHRASE as well.':
    'Les secrets de cette base sont scellés sous une autre clé de chiffrement des clés : {1*} n’est pas la bonne, et {2*} (l’ancienne) non plus. Remettez la bonne clé (au début c’est le fichier {3}, sinon ce que disent FAIRLEAD_KEK_FILE, FAIRLEAD_KEK_COMMAND ou FAIRLEAD_KEK_PASSPHRASE) ; pour changer de clé, nommez aussi celle d’avant par FAIRLEAD_KEK_OLD_FILE, _COMMAND ou _PASSPHRASE.',
  'The secrets in this database are sealed with another key encryption key: {1} is not the one. Put the right key back (at first it is the file {2}, else what FAIRLEAD_KEK_FILE, FAIRLEAD_KEK_COMMAND or FAIRLEAD_KEK_PASSPHRASE says); to change keys, name the one before with FAIRLEAD_KEK_OLD_FILE, _COMMAND or _PASSPHRASE as well.':
    'Les secrets de cette base sont scellés sous une autre clé de chiffrement des clés : {1*} n’est pas la bonne. Remettez la bonne clé (au début c’est le fichier {2}, sinon ce que disent FAIRLEAD_KEK_FILE, FAIRLEAD_KEK_COMMAND ou FAIRLEAD_KEK_PASSPHRASE) ; pour changer de clé, nommez aussi celle d’avant par FAIRLEAD_KEK_OLD_FILE, _COMMAND ou _PASSPHRASE.',
  'There is nothing at this address.': 'Il n’y a rien à cette adresse.',
  'This goes over the console’s session only.': 'Ceci ne passe que par la session de la console.',
  'This is no address; it must look like https://sign-in.example.':
    'Ce n’est pas une adresse ; elle doit ressembler à https://sign-in.example.',
  'This login ended, or what it may do has changed; ask again.':
    'Cette connexion est terminée, ou ce qu’elle peut faire a changé ; redemandez.',
  'This login goes on under a new cookie; ask again.': 'Cette connexion continue sous un nouveau cookie ; redemandez.',
  'This login has ended; sign in again.': 'Cette connexion est terminée ; connectez-vous à nouveau.',
  'This request came from another site.': 'Cette requête est venue d’un autre site.',
  'This token is unknown, was removed, has expired, or may not be used from here.':
    'Ce jeton est inconnu, a été supprimé, a expiré, ou ne peut pas servir d’ici.',
  'This {1} has {2} open {3} already, which is the most; close one and try again.':
    'Déjà {2} {3*} de ce côté ({1}), le maximum ; fermez-en et réessayez.',
  'Too many requests from this address': 'Trop de requêtes depuis cette adresse',
  'Too many requests of this account': 'Trop de requêtes de ce compte',
  'Too many requests without a login from this address': 'Trop de requêtes sans connexion depuis cette adresse',
  'cannot be run ({1})': 'ne peut pas être lancé ({1})',
  'console sessions': 'sessions de console',
  'ended with {1}': 'a fini par {1}',
  'login ended': 'connexion terminée',
  'mend the user and the password in DATABASE_URL and DATABASE_OWNER_URL.':
    'corrigez l’utilisateur et le mot de passe dans DATABASE_URL et DATABASE_OWNER_URL.',
  'printed more than {1} bytes': 'a affiché plus de {1} octets',
  'see its log.': 'voyez son journal.',
  'sign-ins': 'connexions',
  something: 'quelque chose',
  streams: 'flux',
  'that database does not exist: create it, or mend its name in DATABASE_URL.':
    'cette base n’existe pas : créez-la, ou corrigez son nom dans DATABASE_URL.',
  'the file {1}': 'le fichier {1}',
  'the passphrase': 'la phrase secrète',
  'this login ended, or has another token': 'cette connexion est terminée, ou a un autre jeton',
  'took longer than {1} s': 'a pris plus de {1} s',
  'what this login may do has changed': 'ce que cette connexion peut faire a changé',
  'what {1} printed': 'ce que {1} a affiché',
  '{1} ({2} a second, {3} at once); try again in a second.': '{1*} ({2} par seconde, {3} à la fois) ; réessayez dans une seconde.',
  '{1} answered with more than {2} KiB.': '{1} a répondu par plus de {2} Kio.',
  '{1} answered with {2} unasked.': '{1} a répondu {2*} sans qu’on le demande.',
  '{1} cannot be reached{2}.': '{1} est injoignable{2}.',
  '{1} did not answer within {2} s.': '{1} n’a pas répondu en {2} s.',
  '{1} is inside a private network; whoever runs this hub can open it with FAIRLEAD_OUTBOUND_ALLOW.':
    '{1} est dans un réseau privé ; qui exploite ce hub peut l’ouvrir avec FAIRLEAD_OUTBOUND_ALLOW.',
  '{1} is no port.': '{1} n’est pas un port.',
  '{1} leads to an address that nothing may be asked of.': '{1} mène à une adresse à laquelle rien ne peut être demandé.',
  '{1} must be asked over https://.': '{1} doit être interrogé en https://.',
  'The files of the certificate cannot be read ({1}).': 'Les fichiers du certificat ne peuvent pas être lus ({1}).',
}
