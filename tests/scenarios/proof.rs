//! Bundles of proof: made of a real class, checked offline, and useless once touched.

use anyhow::Result;
use harness::{
    person::Person,
    server::{Preau, TRAINER, binary},
};
use signaling::protocol::Request;
use tokio::process::Command;

async fn verify(path: &std::path::Path, more: &[&str]) -> Result<(Option<i32>, String)> {
    let done = Command::new(binary()).arg("verify").arg(path).args(more).output().await?;
    Ok((done.status.code(), String::from_utf8(done.stdout)?))
}

#[tokio::test]
async fn a_class_gives_a_proof_that_holds_until_it_is_touched() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben Morel").await?;
    ben.says("bonjour").await?;
    let (_, out, _) = server.command(&["journal", "verify"]).await?;
    let seance = out.split_whitespace().nth(1).unwrap().trim_end_matches(':').to_owned();

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("proof.jsonl");
    let file = path.display().to_string();
    let export = ["export", "--seance", &seance, "--format", "bundle", "--out", &file];
    let (code, out, err) = server.command(&export).await?;
    assert_eq!(code, Some(0), "during the class, beside the server: {out}{err}");
    let (code, said) = verify(&path, &[]).await?;
    assert!(code == Some(0) && said.starts_with("intact: "), "{said}");

    trainer.asks(Request::EndSeance {}).await?;
    harness::until("the sealed end", harness::PATIENCE, async || {
        server.command(&export).await?;
        let text = std::fs::read_to_string(&path)?;
        let kept = text.lines().filter(|line| line.starts_with("{\"kept\"")).count();
        Ok((kept >= 2 && text.contains("\"ended\"")).then_some(()))
    })
    .await?;
    let (code, said) = verify(&path, &[]).await?;
    assert_eq!(code, Some(0), "{said}");
    let key = said.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(verify(&path, &["--key", &key.to_uppercase()]).await?.0, Some(0));
    let (code, said) = verify(&path, &["--key", &key.replace(&key[..2], "00")]).await?;
    assert!(code == Some(1) && said.contains("not the one given"), "{said}");

    let whole = std::fs::read_to_string(&path)?;
    assert!(whole.contains("Ben Morel"));
    std::fs::write(&path, whole.replacen("Ben Morel", "Ben Moral", 1))?;
    let (code, said) = verify(&path, &[]).await?;
    assert!(code == Some(1) && said.starts_with("altered at record "), "{said}");
    std::fs::write(&path, &whole[..whole.len() / 2])?;
    let (code, said) = verify(&path, &[]).await?;
    assert!(code == Some(2) && said.starts_with("truncated after record "), "{said}");
    assert_eq!(verify(&folder.path().join("nowhere"), &[]).await?.0, Some(3));

    for (format, told) in [("csv", "Ben Morel"), ("json", "presence/1")] {
        let out = folder.path().join(format).display().to_string();
        let (code, _, err) =
            server.command(&["export", "--seance", &seance, "--format", format, "--out", &out]).await?;
        assert_eq!(code, Some(0), "{err}");
        assert!(std::fs::read_to_string(out)?.contains(told));
    }
    let nobody = "01900000-0000-7000-8000-000000000000";
    let (code, _, err) =
        server.command(&["export", "--seance", nobody, "--format", "csv", "--out", &file]).await?;
    assert!(code == Some(1) && err.contains("--seance"), "{err}");
    let nowhere = folder.path().join("absent/file.csv").display().to_string();
    let (code, _, err) =
        server.command(&["export", "--seance", &seance, "--format", "csv", "--out", &nowhere]).await?;
    assert!(code == Some(1) && err.contains("--out"), "{err}");
    Ok(())
}
