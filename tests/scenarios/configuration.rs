//! The command line and the configuration file: what is wrong is named.

use anyhow::Result;
use harness::server::binary;
use tokio::process::Command;

/// Starts `preau serve` on a configuration that must be refused: standard error.
async fn refused(config: &str, arguments: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("preau.toml");
    std::fs::write(&file, config)?;
    let output = tokio::time::timeout(
        harness::PATIENCE,
        Command::new(binary())
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&file)
            .arg("--data")
            .arg(folder.path().join("data"))
            .args(arguments)
            .kill_on_drop(true)
            .output(),
    )
    .await??;
    assert!(!output.status.success(), "accepted: {config}");
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn an_unknown_option_is_refused_with_its_name() -> Result<()> {
    let said = refused("[media]\nprot = 7700\n", &[]).await?;
    assert!(said.contains("prot") && said.contains("config.example.toml"), "{said}");
    let said = refused("[medias]\nport = 7700\n", &[]).await?;
    assert!(said.contains("medias"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_wrong_value_is_refused_with_its_option() -> Result<()> {
    let said = refused("[http]\nlisten = \"not an address\"\n", &[]).await?;
    assert!(said.contains("listen"), "{said}");
    let said = refused("[http]\npublic_url = \"classe.example.fr\"\n", &[]).await?;
    assert!(said.contains("http.public_url"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_not_toml_is_refused() -> Result<()> {
    let said = refused("= = =\n", &[]).await?;
    assert!(said.contains("preau.toml"), "{said}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_variable_is_refused_with_its_name() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let output = Command::new(binary())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path())
        .env("PREAU_MEDIA_PROT", "7700")
        .output()
        .await?;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("PREAU_MEDIA_PROT"), "{said}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_argument_is_refused_and_help_tells_the_rest() -> Result<()> {
    let said = refused("", &["--nonsense"]).await?;
    assert!(said.contains("--nonsense"), "{said}");
    let help = Command::new(binary()).arg("--help").output().await?;
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for word in ["serve", "journal", "recordings"] {
        assert!(help.contains(word), "{help}");
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_configuration_file_is_named() -> Result<()> {
    let output = Command::new(binary()).args(["serve", "--config", "/nowhere/preau.toml"]).output().await?;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("/nowhere/preau.toml"), "{said}");
    Ok(())
}
