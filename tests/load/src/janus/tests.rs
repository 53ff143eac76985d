use std::sync::Arc;

use signaling::protocol::stage::Source;

use super::*;
use crate::{
    Film,
    crowd::{Crowd, Way},
};

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=setup:actpass\r\n\
    a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=rtpmap:111 opus/48000/2\r\na=ssrc:1 cname:load\r\n";

/// The real thing, where it is installed and may be started.
async fn janus() -> Option<Janus> {
    match Janus::start().await {
        Ok(janus) => janus,
        Err(error) => {
            eprintln!("skipped: {error:#}");
            None
        }
    }
}

#[tokio::test]
async fn janus_answers_a_publisher_and_refuses_nonsense() {
    let Some(janus) = janus().await else { return };
    let answer =
        janus.publish(OFFER, &[Published { mid: "0".to_owned(), source: Source::Microphone }]).await.unwrap();
    assert!(answer.contains("a=setup:active"), "{answer}");
    let candidates: Vec<&str> = answer.lines().filter(|line| line.starts_with("a=candidate:")).collect();
    assert_eq!(candidates.len(), 1, "{answer}");
    assert!(candidates[0].contains(" 127.0.0.2 ") && candidates[0].contains(" typ host"), "{answer}");
    assert!(janus.publish("nonsense", &[]).await.is_err());
    janus.close().await.unwrap();
}

#[tokio::test]
async fn sound_and_picture_pass_through_janus() {
    let Some(janus) = janus().await else { return };
    let crowd = Crowd::new(Way::Sfu(Arc::new(janus)), None).unwrap();
    crowd.publish(Film::trainer(500, 1_100)).await.unwrap();
    crowd.publish(Film { simulcast: true, ..Film::trainer(500, 1_100) }).await.unwrap();
    for _ in 0..3 {
        crowd.view(server::clock::instant()).await.unwrap();
    }
    crowd.served().await.unwrap();
    crowd.close().await.unwrap();
}
