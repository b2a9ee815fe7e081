import type { Cli } from './cli.ts'

/** The installer removes what it installed; a program that removes itself while it runs leaves halves behind. */
export function run({ config, say }: Cli): void {
  const commands = [
    'systemctl disable --now fairlead-agent',
    'rm -f /etc/systemd/system/fairlead-agent.service',
    `rm -rf /opt/fairlead ${config.stateDir}`,
  ]
  const stays = ['containers, images, volumes and networks', 'your own files', config.policyFile]
  say({ commands, stays }, () =>
    [
      'As root, to remove the agent:',
      ...commands.map((line) => `  ${line}`),
      `It stays: ${stays.join('; ')}.`,
      'The install script does the same: sh install.sh --uninstall. Then remove the host in the console.',
    ].join('\n'),
  )
}
