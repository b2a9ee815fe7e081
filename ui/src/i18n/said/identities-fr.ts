import type { Templates } from './templates.ts'

/** Providers of sign-ins and directories. */
export const identitiesSaid: Templates = {
  'A group of a directory is named whole, like cn=admins,ou=groups,dc=example,dc=org.':
    'Un groupe d’un annuaire se nomme en entier, comme cn=admins,ou=groups,dc=example,dc=org.',
  'A provider has {1} rules at most.': 'Un fournisseur a au plus {1} règles.',
  'A provider stays of its kind; make another one.': 'Un fournisseur reste de sa sorte ; créez-en un autre.',
  'A sign-in begins over HTTP.': 'Une connexion commence par HTTP.',
  'An organization has {1} sign-in providers at most.': 'Une organisation a au plus {1} fournisseurs de connexion.',
  'More than one entry has that name: narrow the base or the user filter, or choose another name attribute.':
    'Plus d’une entrée a ce nom : restreignez la base ou le filtre des personnes, ou choisissez un autre attribut du nom.',
  'More than one person here could be meant; ask who manages access.':
    'Plus d’une personne ici pourrait être visée ; demandez à qui gère les accès.',
  'Name or password is wrong.': 'Le nom ou le mot de passe est faux.',
  'Name the service account that your directory provisions with; this is none.':
    'Nommez le compte de service par lequel provisionne votre annuaire ; ce n’en est pas un.',
  'Nobody of that name is there: is the name attribute right, and does the user filter let this person in?':
    'Personne de ce nom n’est là : l’attribut du nom est-il juste, et le filtre des personnes laisse-t-il passer celle-ci ?',
  'Nobody signs in through this provider now.': 'Personne ne se connecte par ce fournisseur en ce moment.',
  'Nobody was named.': 'Personne n’a été nommé.',
  'Nothing answers at {1}:{2} ({3}): is the host name right, the port open, the directory running?':
    'Rien ne répond à {1}:{2} ({3*}) : le nom d’hôte est-il juste, le port ouvert, l’annuaire en marche ?',
  'Passwords must not travel unencrypted: choose LDAPS or StartTLS. Who runs this hub can allow it to a network with FAIRLEAD_OUTBOUND_ALLOW.':
    'Les mots de passe ne doivent pas voyager en clair : choisissez LDAPS ou StartTLS. Qui exploite ce hub peut le permettre vers un réseau avec FAIRLEAD_OUTBOUND_ALLOW.',
  'Signing in through {1} works at {2}; open the console there.': 'La connexion par {1} marche à {2} ; ouvrez-y la console.',
  'Somebody signs in by this account of {1} already.': 'Quelqu’un se connecte déjà par ce compte de {1}.',
  'The certificate of {1}:{2} was not taken ({3}): {4}': 'Le certificat de {1}:{2} n’a pas été accepté ({3*}) : {4*}',
  'The directory at {1} does not begin TLS: allow StartTLS there and give it a certificate, or use LDAPS.':
    'L’annuaire à {1} ne commence pas TLS : permettez-y StartTLS et donnez-lui un certificat, ou utilisez LDAPS.',
  'The directory at {1}:{2} did not let {3} in ({4}).': 'L’annuaire à {1}:{2} n’a pas admis {3} ({4*}).',
  'The directory at {1}:{2} stopped answering.': 'L’annuaire à {1}:{2} a cessé de répondre.',
  'The directory does not take {1} with this password: mend one of them.':
    'L’annuaire ne prend pas {1} avec ce mot de passe : corrigez l’un des deux.',
  'The name {1} leads nowhere: mend it, or the hub’s DNS.': 'Le nom {1} ne mène nulle part : corrigez-le, ou le DNS du hub.',
  'The provider did not ask again who it is.': 'Le fournisseur n’a pas redemandé qui c’est.',
  'The provider is at another address now: give its secret anew.':
    'Le fournisseur est maintenant à une autre adresse : redonnez son secret.',
  'The provider names people by something that is too long to keep, or by nothing.':
    'Le fournisseur désigne les personnes par quelque chose de trop long à garder, ou par rien.',
  'The search under {1} failed ({2}): does that entry exist, and may {3} read it?':
    'La recherche sous {1} a échoué ({2*}) : cette entrée existe-t-elle, et {3} peut-il la lire ?',
  'There is no such rule; somebody may have removed it already.': 'Cette règle n’existe pas ; quelqu’un l’a peut-être déjà supprimée.',
  'There is no such sign-in provider; somebody may have removed it already.':
    'Ce fournisseur de connexion n’existe pas ; quelqu’un l’a peut-être déjà supprimé.',
  'This account stands on a provider already.': 'Ce compte repose déjà sur un fournisseur.',
  'This is no LDAP filter; one looks like (objectClass=person).': 'Ce n’est pas un filtre LDAP ; il ressemble à (objectClass=person).',
  'This is no OpenID Connect provider.': 'Ce n’est pas un fournisseur OpenID Connect.',
  'This is no certificate in PEM form; it begins with -----BEGIN CERTIFICATE-----.':
    'Ce n’est pas un certificat au format PEM ; il commence par -----BEGIN CERTIFICATE-----.',
  'This is the answer to another question.': 'C’est la réponse à une autre question.',
  'You have no such link; what your account stands on is not one.':
    'Vous n’avez pas ce lien ; ce sur quoi repose votre compte n’en est pas un.',
  'Your login has ended.': 'Votre connexion est terminée.',
  'another authority signed it; give the certificate of the one that did.':
    'une autre autorité l’a signé ; donnez le certificat de celle-là.',
  'is this the port for LDAPS, and does the directory speak TLS 1.2 or later?':
    'est-ce le port de LDAPS, et l’annuaire parle-t-il TLS 1.2 ou plus récent ?',
  'it has expired; renew it on the directory.': 'il a expiré ; renouvelez-le sur l’annuaire.',
  'it is for another name; use a name that stands in it.': 'il est pour un autre nom ; utilisez un nom qui y figure.',
  'no answer': 'pas de réponse',
  '{1} answered with something that is no OpenID configuration.': '{1} a répondu par ce qui n’est pas une configuration OpenID.',
  '{1} calls itself another issuer.': '{1} se donne pour un autre émetteur.',
  '{1} does not answer as it should; try again later, or sign in with an e-mail and a password of this hub.':
    '{1} ne répond pas comme il faut ; réessayez plus tard, ou connectez-vous avec un e-mail et un mot de passe de ce hub.',
  '{1} has no OpenID configuration there: it answered with {2}.': '{1} n’y a pas de configuration OpenID : il a répondu {2}.',
  '{1} has no {2}: choose an attribute that every person has and that never changes.':
    '{1} n’a pas de {2} : choisissez un attribut que chacun a et qui ne change jamais.',
  '{1} is in more than {2} groups: narrow the group filter to those that matter here.':
    '{1} est dans plus de {2} groupes : restreignez le filtre des groupes à ceux qui comptent ici.',
  '{1} knows you, and none of your groups has a role here; ask who manages access for a rule.':
    '{1} vous connaît, et aucun de vos groupes n’a de rôle ici ; demandez une règle à qui gère les accès.',
  '{1} knows you, and you have no account here yet; ask who manages access for one, then link it.':
    '{1} vous connaît, et vous n’avez pas encore de compte ici ; demandez-en un à qui gère les accès, puis liez-le.',
  '{1} names no usable {2}.': '{1} ne nomme aucun {2} utilisable.',
  '{1} signs in no way that is taken here.': '{1} ne connecte d’aucune façon acceptée ici.',
}
