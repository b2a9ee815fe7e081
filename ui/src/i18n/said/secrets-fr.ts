import type { Templates } from './templates.ts'

/** Secrets, Vault and certificates. */
export const secretsSaid: Templates = {
  'A path in Vault is names with a / between them, none of them empty or made of dots, of 512 characters at most.':
    'Un chemin dans Vault est fait de noms séparés par /, aucun vide ni fait de points, d’au plus 512 caractères.',
  'A reference is the provider, the path there and the field: vault:shop/database#password.':
    'Une référence est le fournisseur, le chemin chez lui et le champ : vault:shop/database#password.',
  'An AppRole has a role id; its secret id is the secret.': 'Un AppRole a un identifiant de rôle ; son identifiant secret est le secret.',
  'An authority bears a few tries an hour; not before {1}.': 'Une autorité supporte peu d’essais par heure ; pas avant {1}.',
  'An organization has {1} providers at most.': 'Une organisation a au plus {1} fournisseurs.',
  'An organization has {1} secrets at most; delete one that nothing uses.':
    'Une organisation a au plus {1} secrets ; supprimez-en un dont rien ne se sert.',
  'It has {1} secret; delete it first.': 'Il a {1} secret ; supprimez-le d’abord.',
  'It has {1} secrets; delete them first.': 'Il a {1} secrets ; supprimez-les d’abord.',
  'No certificate ({1}): {2}': 'Pas de certificat ({1}) : {2*}',
  'The address of a Vault is an origin: https://vault.example:8200.': 'L’adresse d’un Vault est une origine : https://vault.example:8200.',
  'The authority says {1} of {2}': 'L’autorité dit {1} de {2}',
  'The authority wants to hear nothing of these names before {1}.': 'L’autorité ne veut rien entendre de ces noms avant {1}.',
  'The field {1} at {2} in Vault is no text; write it as one.': 'Le champ {1} à {2} dans Vault n’est pas un texte ; écrivez-le comme tel.',
  'The key encryption key of the hub that runs is where its settings say; make a new one there, and give its file with --kek-file.':
    'La clé de chiffrement des clés du hub qui tourne est où le disent ses réglages ; créez-y une nouvelle clé, et donnez son fichier avec --kek-file.',
  'The secret {1} has no version {2}; the last {3} are kept.': 'Le secret {1} n’a pas de version {2} ; les {3} dernières sont gardées.',
  'The secret {1} was deleted a moment ago.': 'Le secret {1} vient d’être supprimé.',
  'The value holds half of a character, which UTF-8 cannot say; encode what is no text in base64.':
    'La valeur contient une moitié de caractère, qu’UTF-8 ne peut dire ; encodez en base64 ce qui n’est pas du texte.',
  'There is a secret {1} already; delete it first.': 'Il y a déjà un secret {1} ; supprimez-le d’abord.',
  'There is a secret {1} already; write a new version of it instead.':
    'Il y a déjà un secret {1} ; écrivez-en plutôt une nouvelle version.',
  'There is no provider {1}; set it up first.': 'Il n’y a pas de fournisseur {1} ; réglez-le d’abord.',
  'There is no secret {1} in {2}; make it first.': 'Il n’y a pas de secret {1} dans {2} ; créez-le d’abord.',
  'There is no secret {1} of the organization; make it first, with what the hub shows there.':
    'L’organisation n’a pas de secret {1} ; créez-le d’abord, avec ce que le hub montre là.',
  'There is no secret {1}; make it first.': 'Il n’y a pas de secret {1} ; créez-le d’abord.',
  'There is nothing at {1} in Vault.': 'Il n’y a rien à {1} dans Vault.',
  'This hub was started without an authority; set FAIRLEAD_ACME_AGREE=1 and restart it.':
    'Ce hub a été démarré sans autorité ; réglez FAIRLEAD_ACME_AGREE=1 et redémarrez-le.',
  'This needs the permission secrets:write in that environment, too.': 'Il faut aussi le droit secrets:write dans cet environnement.',
  'Vault answered with more than {1} KiB.': 'Vault a répondu par plus de {1} Kio.',
  'Vault at {1} cannot be reached.': 'Vault à {1} est injoignable.',
  'Vault at {1} did not answer within {2} s.': 'Vault à {1} n’a pas répondu en {2} s.',
  'Vault {1}: it answered with {2}.': 'Vault {1*} : il a répondu {2}.',
  'Vault {1}: it asks for fewer requests.': 'Vault {1*} : il demande moins de requêtes.',
  'Vault {1}: it calls the request wrong; check mount and namespace.':
    'Vault {1*} : il dit la requête fausse ; vérifiez « mount » et « namespace ».',
  'Vault {1}: it is sealed, or in maintenance.': 'Vault {1*} : il est scellé, ou en maintenance.',
  'Vault {1}: its policy does not allow that, or the token has ended.':
    'Vault {1*} : ses règles ne le permettent pas, ou le jeton est terminé.',
  'What is at {1} in Vault has no field {2}.': 'Ce qui est à {1} dans Vault n’a pas de champ {2}.',
  'What is at {1} in Vault was deleted there; restore that version, or write a new one.':
    'Ce qui est à {1} dans Vault y a été supprimé ; restaurez cette version, ou écrivez-en une nouvelle.',
  'did not take the role id and secret id': 'n’a pas pris l’identifiant de rôle et l’identifiant secret',
  'does not give out {1}': 'ne donne pas {1}',
  'does not let this hub in': 'n’admet pas ce hub',
  '{1} is asked with the secret {2}, which is gone; choose another one for it.':
    '{1} est interrogé avec le secret {2}, qui n’existe plus ; choisissez-lui-en un autre.',
  '{1} is kept in {2}; write it there.': '{1} est gardé dans {2} ; écrivez-le là.',
}
