// Bad networks, made in the private namespace of `isolated.sh`: closed ports, and a narrow road to one browser.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

async function nft(...rules) {
  for (const rule of rules) await run('nft', [rule], { env });
}

async function tc(...words) {
  await run('tc', words.join(' ').split(' '), { env });
}

function isolated() {
  if (process.env.TESTS_ISOLATED !== 'yes') throw new Error('a network is only spoilt inside of isolated.sh');
}

const TABLE = 'inet preau_tests';

/**
 * From now on no UDP passes but that of these ports of browsers, and with `onlyTcp` no other TCP port than that one,
 * or those, either.
 */
export async function closeUdp({ onlyTcp, butUdp = [] } = {}) {
  isolated();
  await nft(
    `add table ${TABLE}`,
    `add chain ${TABLE} out { type filter hook output priority 0 ; }`,
    ...butUdp.flatMap((port) => ['dport', 'sport'].map((end) => `add rule ${TABLE} out udp ${end} ${port} accept`)),
    `add rule ${TABLE} out meta l4proto udp drop`,
  );
  if (!onlyTcp) return;
  for (const port of [onlyTcp].flat())
    for (const end of ['dport', 'sport']) await nft(`add rule ${TABLE} out tcp ${end} ${port} accept`);
  await nft(`add rule ${TABLE} out meta l4proto tcp drop`);
}

/** From now on `percent` of a hundred datagrams to one UDP port get lost, by chance. */
export async function loses(port, percent) {
  isolated();
  await nft(
    `add table ${TABLE}`,
    `add chain ${TABLE} out { type filter hook output priority 0 ; }`,
    `add rule ${TABLE} out udp dport ${port} numgen random mod 100 < ${percent} drop`,
  );
}

/** Everything passes again. */
export async function openAll() {
  await nft(`delete table ${TABLE}`).catch(() => {});
}

/** A road of limited width to one UDP port, with a queue of `packets` before it. The rest of the traffic is free. */
export class Narrows {
  static async before(port, rate, packets = 50) {
    isolated();
    await tc('qdisc add dev lo root handle 1: htb default 1 r2q 1000');
    await tc('class add dev lo parent 1: classid 1:1 htb rate 10gbit');
    await tc(`class add dev lo parent 1: classid 1:3 htb rate ${rate} burst 8kb`);
    await tc(`qdisc add dev lo parent 1:3 handle 30: pfifo limit ${packets}`);
    const match = `u32 match ip protocol 17 0xff match ip dport ${port} 0xffff`;
    await tc(`filter add dev lo parent 1: protocol ip prio 1 ${match} flowid 1:3`);
    return new Narrows();
  }

  /** `3mbit`, `500kbit`. */
  async become(rate) {
    await tc(`class change dev lo parent 1: classid 1:3 htb rate ${rate} burst 8kb`);
  }

  async end() {
    await tc('qdisc del dev lo root').catch(() => {});
  }
}
