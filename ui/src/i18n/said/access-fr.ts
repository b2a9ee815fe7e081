import type { Templates } from './templates.ts'

/** Roles, teams, organizations, environments, tokens, approvals. */
export const accessSaid: Templates = {
  ' on some host': ' sur un hôte',
  ' on this host': ' sur cet hôte',
  '"{1}" is no address and no network; write 192.0.2.7 or 192.0.2.0/24.':
    '« {1} » n’est ni une adresse ni un réseau ; écrivez 192.0.2.7 ou 192.0.2.0/24.',
  '"{1}" is no field of {2}.': '« {1} » n’est pas un champ de {2}.',
  'A team has {1} members at most.': 'Une équipe a au plus {1} membres.',
  'A token cannot do this; it takes a person who is signed in.': 'Un jeton ne peut pas le faire ; il faut une personne connectée.',
  'An account belongs to {1} organizations at most.': 'Un compte appartient au plus à {1} organisations.',
  'An account has {1} tokens at most; remove one first.': 'Un compte a au plus {1} jetons ; supprimez-en un d’abord.',
  'An organization has {1} environments at most.': 'Une organisation a au plus {1} environnements.',
  'An organization has {1} grants at most; take some back first.': 'Une organisation donne au plus {1} rôles ; reprenez-en d’abord.',
  'An organization has {1} roles of its own at most.': 'Une organisation a au plus {1} rôles à elle.',
  'An organization has {1} teams at most.': 'Une organisation a au plus {1} équipes.',
  'An owner is a person; a service account takes another role.':
    'Un propriétaire est une personne ; un compte de service prend un autre rôle.',
  'An owner is an account, and no denial.': 'Un propriétaire est un compte, et non une interdiction.',
  'An owner owns the whole organization.': 'Un propriétaire possède toute l’organisation.',
  'Another {1} is named {2} already.': 'Le nom {2} est déjà pris ({1*}).',
  'Built-in roles stay as they are; make a role of your own with what you need.':
    'Les rôles fournis restent tels quels ; créez un rôle à vous avec ce qu’il vous faut.',
  'It has {1} host; move it to another environment first.': 'Il a {1} hôte ; déplacez-le d’abord vers un autre environnement.',
  'It has {1} hosts; move them to another environment first.': 'Il a {1} hôtes ; déplacez-les d’abord vers un autre environnement.',
  'Only an owner makes owners.': 'Seul un propriétaire nomme des propriétaires.',
  'Only an owner takes back what an owner has.': 'Seul un propriétaire reprend ce qu’a un propriétaire.',
  'Prove that it is still you, then ask again.': 'Prouvez que c’est toujours vous, puis redemandez.',
  'Sign in first.': 'Connectez-vous d’abord.',
  'Somebody decided it already, or it ran out.': 'Quelqu’un en a déjà décidé, ou le délai est passé.',
  'That account is not in this team.': 'Ce compte n’est pas dans cette équipe.',
  'There is no permission {1}.': 'Le droit {1} n’existe pas.',
  'There is no such account.': 'Ce compte n’existe pas.',
  'There is no such grant; somebody may have taken it back already.': 'Ce rôle n’est pas donné là ; quelqu’un l’a peut-être déjà repris.',
  'There is no such host.': 'Cet hôte n’existe pas.',
  'There is no such request, or it is not yours to decide.': 'Cette demande n’existe pas, ou il ne vous revient pas d’en décider.',
  'There is no such role.': 'Ce rôle n’existe pas.',
  'There is no such team; somebody may have removed it already.': 'Cette équipe n’existe pas ; quelqu’un l’a peut-être déjà supprimée.',
  'There is no such token; it may have been removed already.': 'Ce jeton n’existe pas ; il a peut-être déjà été supprimé.',
  'There is no such {1}.': 'Introuvable ici : {1*}.',
  'These are no arguments of {1}.': 'Ce ne sont pas des arguments de {1}.',
  'This came of the rules of a sign-in provider, and would come again; change the rules there.':
    'Cela vient des règles d’un fournisseur de connexion, et reviendrait ; changez les règles là-bas.',
  'This hub was started with {1}; whoever runs it changes that there.': 'Ce hub a été démarré avec {1} ; qui l’exploite le change là.',
  'This is for service accounts: make one under Access, and use its token.':
    'Ceci est pour les comptes de service : créez-en un sous Accès, et utilisez son jeton.',
  'This is the last environment; hosts are always in one.': 'C’est le dernier environnement ; les hôtes sont toujours dans l’un d’eux.',
  'This is the last organization of whoever runs this hub, and stays; make another one first, or end the hub itself.':
    'C’est la dernière organisation de qui exploite ce hub, et elle reste ; créez-en d’abord une autre, ou arrêtez le hub lui-même.',
  'This is the last owner: make somebody else one first, or nobody could mend anything.':
    'C’est le dernier propriétaire : nommez-en d’abord un autre, sinon plus personne ne pourrait rien réparer.',
  'This needs a second person’s yes. Ask for it; once somebody agreed, do it again.':
    'Il faut l’accord d’une seconde personne. Demandez-le ; une fois accordé, recommencez.',
  'This needs the permission {1}.': 'Il faut pour cela le droit {1}.',
  'This needs the permission {1}{2}. Who manages access can grant it.':
    'Il faut pour cela le droit {1}{2*}. Qui gère les accès peut l’accorder.',
  'This organization is gone.': 'Cette organisation n’existe plus.',
  'This takes a person who proves who they are; no token can do it.':
    'Il faut une personne qui prouve qui elle est ; aucun jeton ne peut le faire.',
  'This wants two who may do it, and only one person here has the permission {1}. Under Access, give somebody else a role with it first.':
    'Il faut deux personnes qui en ont le droit, et une seule ici a le droit {1}. Sous Accès, donnez d’abord à quelqu’un d’autre un rôle qui le contient.',
  'Type the name of the organization as it is: .': 'Saisissez le nom de l’organisation tel qu’il est.',
  'Type the name of the organization as it is: {1}.': 'Saisissez le nom de l’organisation tel qu’il est : {1}.',
  'What needs a second person is asked with {1} levels of nesting at most.':
    'Ce qui demande une seconde personne a au plus {1} niveaux d’imbrication.',
  'You ask for {1} things already.': 'Vous demandez déjà {1} choses.',
  'You asked for it yourself; somebody else decides.': 'Vous l’avez demandé vous-même ; c’est à quelqu’un d’autre de décider.',
  'You belong to no such organization.': 'Vous n’appartenez à aucune telle organisation.',
  'You came in through {1}, which this organization runs; sign in with your own password or passkey for this.':
    'Vous êtes venu par {1}, que cette organisation gère ; pour cela, connectez-vous avec votre propre mot de passe ou clé d’accès.',
  'You have not all that this role gives there ({1}), so it is not yours to give or to take.':
    'Vous n’avez pas là tout ce que donne ce rôle ({1}) ; il ne vous revient donc ni de le donner ni de le reprendre.',
  'You have not all that this role gives there ({1}, …), so it is not yours to give or to take.':
    'Vous n’avez pas là tout ce que donne ce rôle ({1}, …) ; il ne vous revient donc ni de le donner ni de le reprendre.',
  'You have not the permission {1} everywhere, so no token of yours gives it.':
    'Vous n’avez pas partout le droit {1} ; aucun de vos jetons ne le donne donc.',
  'You invited {1} people': 'Vous avez invité {1} personnes',
  'Your organization asks for a second factor; add one to your account first.':
    'Votre organisation demande un second facteur ; ajoutez-en d’abord un à votre compte.',
  environment: 'environnement',
  provider: 'fournisseur',
  role: 'rôle',
  team: 'équipe',
  '{1} cannot be made to need two people.': '{1} ne peut pas être soumis à deux personnes.',
  '{1} is given by {2} grant; take those back first.': '{1} est donné {2} fois ; reprenez-le d’abord.',
  '{1} is given by {2} grants; take those back first.': '{1} est donné {2} fois ; reprenez-le d’abord.',
  '{1} needs nobody else’s yes.': '{1} ne demande l’accord de personne d’autre.',
  '{1} people were invited into this organization': '{1} personnes ont été invitées dans cette organisation',
  '{1} was invited {2} times': '{1} a été invité {2} fois',
  '{1} within the last hour, which is the most; go on in {2} min.': '{1*} dans la dernière heure, le maximum ; continuez dans {2} min.',
}
