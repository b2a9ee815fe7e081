import type { waysEn } from './ways-en.ts'

/** Ce que la page de connexion dit des fournisseurs d’une organisation. */
export const waysFr: Readonly<Record<keyof typeof waysEn, string>> = {
  'directory.name': 'Nom dans {name}',
  'directory.password': 'Mot de passe dans cet annuaire',
  or: 'ou',
  through: 'Se connecter par {name}',
  busy: 'En route vers {name}…',
  local: 'S’il ne répond pas : qui a un mot de passe ou une clé d’accès ici se connecte ci-dessus, comme toujours.',
  'why.late': 'Cette connexion a pris trop de temps, ou a commencé dans un autre navigateur ; recommencez ici.',
  'why.refused': 'Le fournisseur ne vous a pas laissé continuer ; recommencez, ou demandez à qui le gère.',
  'why.failed':
    'La réponse du fournisseur n’était pas digne de confiance. Réessayez ; si cela se répète, qui gère les accès peut le tester.',
  'why.unreachable': 'Le fournisseur ne répond pas. Réessayez dans un instant, ou connectez-vous par mot de passe ou clé d’accès.',
  'why.no-role': 'Le fournisseur vous connaît, mais aucun de vos groupes n’a de rôle ici. Demandez une règle à qui gère les accès.',
  'why.unknown':
    'Le fournisseur vous connaît, mais vous n’avez pas encore de compte ici. Demandez-en un à qui gère les accès, puis liez-le sur la page de votre compte.',
  'why.closed': 'Cette entrée a été fermée entre-temps, ou votre connexion était finie. Reconnectez-vous.',
  'why.taken': 'Quelqu’un se connecte déjà par ce compte ; déliez-le là-bas d’abord.',
}
