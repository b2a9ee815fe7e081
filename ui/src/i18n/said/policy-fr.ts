import type { Templates } from './templates.ts'

/** What a host does not let its hub do, and why not: policy, rules, journal, terminals. */
export const policySaid: Templates = {
  'At most {1} containers are protected one by one; for more, lock the host or deny container.lifecycle in its policy.':
    'Au plus {1} conteneurs sont protégés un par un ; au-delà, verrouillez l’hôte ou interdisez container.lifecycle dans ses règles.',
  'Container {1} is protected on its host ({2}); only there can it be changed.':
    'Le conteneur {1} est protégé sur son hôte ({2}) ; il ne peut être changé que là.',
  'Container {1} is protected on its host; only there can it be changed.':
    'Le conteneur {1} est protégé sur son hôte ; il ne peut être changé que là.',
  'Nobody said what "{1}" takes on a host, so nobody may ask for it.':
    'Personne n’a dit ce que « {1} » demande sur un hôte ; personne ne peut donc le demander.',
  'This goes on already, under the same key.': 'C’est déjà en cours, sous la même clé.',
  'This host already holds {1} terminals; close one first.': 'Cet hôte tient déjà {1} terminaux ; fermez-en un d’abord.',
  'This host cannot read which of its containers are protected, so all are. On the host: fairlead-agent doctor.':
    'Cet hôte ne peut pas lire lesquels de ses conteneurs sont protégés ; tous le sont donc. Sur l’hôte : fairlead-agent doctor.',
  'This host cannot write down what is asked of it, so it does nothing that is: its disk takes no more. Free space there.':
    'Cet hôte ne peut pas consigner ce qu’on lui demande, et n’en fait donc rien : son disque ne prend plus rien. Libérez-y de la place.',
  'This host does not let its hub do this ({1}): that lies in no folder of files.read in its policy. On the host: fairlead-agent policy.':
    'Cet hôte ne laisse pas son hub le faire ({1}) : cela n’est dans aucun dossier de files.read dans ses règles. Sur l’hôte : fairlead-agent policy.',
  'This host does not let its hub do this ({1}, {2}): {3}': 'Cet hôte ne laisse pas son hub le faire ({1}, {2}) : {3*}',
  'This host has rules of number {1}, and takes the next alone, none of number {2}: ask it what it has.':
    'Cet hôte a les règles numéro {1} et ne prend que les suivantes, non celles de numéro {2} : demandez-lui ce qu’il a.',
  'This terminal is no longer open on the host.': 'Ce terminal n’est plus ouvert sur l’hôte.',
  'This was begun, and nobody was there any more when it ended; it is not done again. Look at how things are on the host, then ask anew.':
    'Cela a été commencé, et personne n’était plus là quand cela a fini ; ce n’est pas refait. Regardez où en sont les choses sur l’hôte, puis redemandez.',
  'This was done before under the same key, and is not done again; what it answered is no longer known.':
    'Cela a déjà été fait sous la même clé, et n’est pas refait ; ce qui avait été répondu n’est plus connu.',
  'This was tried before under the same key, and ended like this.': 'Cela a déjà été essayé sous la même clé, et a fini ainsi.',
  'it is locked. On the host: fairlead-agent unlock.': 'il est verrouillé. Sur l’hôte : fairlead-agent unlock.',
  'it is more than the mode of its policy allows. On the host: fairlead-agent policy.':
    'c’est plus que le mode de ses règles ne permet. Sur l’hôte : fairlead-agent policy.',
  'its policy denies it. On the host: fairlead-agent policy.': 'ses règles l’interdisent. Sur l’hôte : fairlead-agent policy.',
  'lock.json cannot be read': 'lock.json ne peut pas être lu',
  'the agent itself': 'l’agent lui-même',
  'the hub gave it away here. On the host: fairlead-agent policy widen.':
    'le hub y a renoncé ici. Sur l’hôte : fairlead-agent policy widen.',
  '{1} belongs to account {2}; give it to root: chown root {3}': '{1} appartient au compte {2} ; donnez-le à root : chown root {3}',
  '{1} cannot be read ({2}); let the agent’s account read it.': '{1} ne peut pas être lu ({2}) ; laissez le compte de l’agent le lire.',
  '{1} cannot be read: {2}': '{1} ne peut pas être lu : {2*}',
  '{1} entries wait in {2} for the agent; start it, and they are taken into its journal.':
    '{1} entrées attendent l’agent dans {2} ; démarrez-le, et il les prend dans son journal.',
  '{1} is a link; put the file itself there.': '{1} est un lien ; mettez-y le fichier lui-même.',
  '{1} is gone; put it back, or restart the agent to go on without one.':
    '{1} a disparu ; remettez-le, ou redémarrez l’agent pour continuer sans.',
  '{1} is larger than 64 KiB.': '{1} dépasse 64 Kio.',
  '{1} is no plain file; replace it by one.': '{1} n’est pas un fichier ordinaire ; remplacez-le par un.',
  '{1} is not JSON: {2}.': '{1} n’est pas du JSON : {2}.',
  '{1} may be written by others than its owner; mend it: chmod go-w {2}':
    '{1} peut être écrit par d’autres que son propriétaire ; corrigez : chmod go-w {2}',
  '{1}: {2} "{3}" is none of {4}.': '{1} : {2*} « {3} » n’est pas parmi {4}.',
  '{1}: {2} A folder is an absolute path without "." and "..", and without a slash at its end.':
    '{1} : {2*} Un dossier est un chemin absolu sans « . » ni « .. », et sans barre oblique à la fin.',
  '{1}: {2} A registry is a name, with a port where it has one: docker.io, registry.example:5000.':
    '{1} : {2*} Un registre est un nom, avec un port s’il en a un : docker.io, registry.example:5000.',
}
