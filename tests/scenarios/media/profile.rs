//! Every protection and every kind of address that the media plane speaks, negotiated by a real peer.

use std::net::{IpAddr, Ipv6Addr};

use anyhow::{Result, ensure};
use harness::{PATIENCE, until};
use load::raw::{Caller, packet};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile as Srtp;

use super::{
    arrived,
    client::Client,
    ensure_continuous,
    hall::{Hall, RAW_VOICE},
};

/// Both publish and receive by peers that offer one protection alone, and everybody hears everybody.
#[tokio::test]
async fn peers_of_one_protection_each_hear_each_other() -> Result<()> {
    let mut hall = Hall::open()?;
    let all = [Srtp::Srtp_Aes128_Cm_Hmac_Sha1_80, Srtp::Srtp_Aead_Aes_128_Gcm, Srtp::Srtp_Aead_Aes_256_Gcm];
    let mut speakers = Vec::new();
    for profile in all {
        speakers.push(hall.publishes_by(Client::offering(vec![profile]).await?).await?);
    }
    let tracks: Vec<_> = speakers.iter().flat_map(|speaker| [speaker.voice, speaker.picture]).collect();
    for profile in all {
        let listener = hall.listens_by(Client::offering(vec![profile]).await?, &tracks).await?;
        for track in &tracks {
            let packets = arrived(&listener.client, *track, 30).await?;
            ensure!(packets.iter().any(|packet| packet.number().is_some()), "{profile:?}");
        }
        ensure_continuous(&arrived(&listener.client, speakers[0].voice, 30).await?)?;
    }
    let counters = hall.media.counters();
    ensure!((counters.unauthentic, counters.panics) == (0, 0), "{counters:?}");
    Ok(())
}

#[tokio::test]
async fn sound_by_ipv6() -> Result<()> {
    let mut hall = Hall::v6()?;
    let caller = || Caller::new(IpAddr::V6(Ipv6Addr::LOCALHOST));
    let (mut voice, track, _) = hall.publishes_raw(caller()?).await?;
    let mut ear = hall.listens_raw(caller()?, &[track]).await?;
    let speaking = tokio::task::spawn_blocking(move || -> Result<()> {
        for number in 0..100_u16 {
            let payload = [&[0xf8_u8][..], &[7; 60]].concat();
            voice.rtp(&packet(111, number, u32::from(number) * 960, RAW_VOICE, &payload), 12, 0)?;
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Ok(())
    });
    let heard = tokio::task::spawn_blocking(move || ear.hears(50)).await??;
    ensure!(heard.iter().all(|packet| packet.ends_with(&[7; 60])));
    speaking.await??;
    until("the counters", PATIENCE, async || Ok((hall.media.counters().sent >= 50).then_some(()))).await
}
