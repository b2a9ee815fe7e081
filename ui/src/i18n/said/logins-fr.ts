import type { Templates } from './templates.ts'

/** Signing in, accounts, invitations, second factors. */
export const loginsSaid: Templates = {
  'A login must not travel unencrypted: open the console over https, on the hub’s TLS port or behind your proxy with FAIRLEAD_TRUSTED_PROXIES set.':
    'Une connexion ne doit pas voyager en clair : ouvrez la console en https, sur le port TLS du hub ou derrière votre proxy avec FAIRLEAD_TRUSTED_PROXIES.',
  'Add a second factor to your own account first.': 'Ajoutez d’abord un second facteur à votre propre compte.',
  'An organization has {1} service accounts at most; remove one first.':
    'Une organisation a au plus {1} comptes de service ; supprimez-en un d’abord.',
  'Another service account is named {1} already.': 'Un autre compte de service s’appelle déjà {1}.',
  'E-mail or password is wrong.': 'L’e-mail ou le mot de passe est faux.',
  'No account has the e-mail {1}; "fairlead-hub admin list" shows them all.':
    'Aucun compte n’a l’e-mail {1} ; « fairlead-hub admin list » les montre tous.',
  'Recovery codes stand for a second factor; add an authenticator app or a passkey first.':
    'Les codes de récupération remplacent un second facteur ; ajoutez d’abord une application d’authentification ou une clé d’accès.',
  'Sign in again where you came from.': 'Reconnectez-vous là d’où vous êtes venu.',
  'Signing in through {1} was closed a moment ago.': 'La connexion par {1} vient d’être fermée.',
  'That login has ended already.': 'Cette connexion est déjà terminée.',
  'The password is wrong.': 'Le mot de passe est faux.',
  'The password was changed a moment ago; sign in with the new one.':
    'Le mot de passe vient d’être changé ; connectez-vous avec le nouveau.',
  'The password was changed by another login just now.': 'Le mot de passe vient d’être changé par une autre connexion.',
  'There are {1} open invitations, which is the most; cancel some first.':
    'Il y a {1} invitations ouvertes, le maximum ; annulez-en d’abord.',
  'There is no such account; somebody may have removed it already.': 'Ce compte n’existe pas ; quelqu’un l’a peut-être déjà supprimé.',
  'There is no such open invitation: it was used, canceled, or ran out.':
    'Il n’y a pas de telle invitation ouverte : elle a été utilisée, annulée, ou elle a expiré.',
  'There is no such service account; people make their tokens themselves.':
    'Ce compte de service n’existe pas ; les personnes créent elles-mêmes leurs jetons.',
  'This account has a second factor; sign in with it.': 'Ce compte a un second facteur ; connectez-vous avec.',
  'This account has no authenticator app.': 'Ce compte n’a pas d’application d’authentification.',
  'This account has no such passkey.': 'Ce compte n’a pas cette clé d’accès.',
  'This account is proved by something else.': 'Ce compte se prouve par autre chose.',
  'This account no longer exists.': 'Ce compte n’existe plus.',
  'This account was closed by whoever manages it; ask them.': 'Ce compte a été fermé par qui le gère ; adressez-vous à cette personne.',
  'This code is wrong, or was used already; wait for the next one.': 'Ce code est faux, ou a déjà servi ; attendez le suivant.',
  'This hub has its owner already.': 'Ce hub a déjà son propriétaire.',
  'This invitation is not open: it was used or canceled, or it ran out. Ask for another one.':
    'Cette invitation n’est pas ouverte : elle a été utilisée ou annulée, ou elle a expiré. Demandez-en une autre.',
  'This is not the code that the hub printed when it started.': 'Ce n’est pas le code que le hub a affiché à son démarrage.',
  'This is not what the app shows now.': 'Ce n’est pas ce que l’application affiche maintenant.',
  'This passkey was not taken: it answered too late, or something else than was asked.':
    'Cette clé d’accès n’a pas été acceptée : elle a répondu trop tard, ou à autre chose que ce qui était demandé.',
  'This passkey was not taken: it is not known here, or it answered too late.':
    'Cette clé d’accès n’a pas été acceptée : elle n’est pas connue ici, ou elle a répondu trop tard.',
  'This password is one of the first that an attacker tries; choose another, for example four unrelated words.':
    'Ce mot de passe est l’un des premiers qu’un attaquant essaie ; choisissez-en un autre, par exemple quatre mots sans rapport.',
  'This recovery code is wrong, or was used already.': 'Ce code de récupération est faux, ou a déjà servi.',
  'This sign-in took too long, or too many tries; begin again with the password.':
    'Cette connexion a pris trop de temps, ou trop d’essais ; recommencez avec le mot de passe.',
  'This took longer than five minutes; begin again with a new code.':
    'Cela a pris plus de cinq minutes ; recommencez avec un nouveau code.',
  'Too many people are signing in at once; try again in a few seconds.':
    'Trop de personnes se connectent à la fois ; réessayez dans quelques secondes.',
  'Too many wrong tries; try again in {1} s.': 'Trop d’essais erronés ; réessayez dans {1} s.',
  'What renews a login goes over HTTP.': 'Ce qui renouvelle une connexion passe par HTTP.',
  'Your login has ended; sign in again.': 'Votre connexion est terminée ; connectez-vous à nouveau.',
  'Your organization asks for a second factor, and this is your last one; add a passkey first.':
    'Votre organisation demande un second facteur, et c’est votre dernier ; ajoutez d’abord une clé d’accès.',
  'Your organization asks for a second factor, and this is your last one; add an authenticator app or another passkey first.':
    'Votre organisation demande un second facteur, et c’est votre dernier ; ajoutez d’abord une application d’authentification ou une autre clé d’accès.',
  '{1} belongs to this organization already; give that account a role.':
    '{1} appartient déjà à cette organisation ; donnez un rôle à ce compte.',
  '{1} has an account on this hub; its password is another one.': '{1} a un compte sur ce hub ; son mot de passe est un autre.',
}
