import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { chooseLanguage, LANGUAGES, type Language, language } from "../../app/i18n";
import { chooseTheme, THEMES, type Theme, theme } from "../../app/theme";
import { choices, choose, type DeviceList, listDevices, onDevicesChanged } from "../../rtc/devices";
import { PICTURE_CODECS, type PictureCodec } from "../../rtc/encodings";
import { mayPublish } from "../../store/room";
import { Dialog } from "../../ui/Dialog";
import { Checkbox } from "../../ui/Field";
import { Select } from "../../ui/Select";
import { useClassroom, useRoom } from "./context";
import { readChat, setReadChat } from "./readChat";

/** Devices, language and appearance, without leaving the class. */
export function SettingsDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("room");
  const current = useStore(theme, (state) => state.theme);
  const aloud = useStore(readChat, (state) => state.on);
  return (
    <Dialog title={t("settings.title")} isOpen={isOpen} onOpenChange={(open) => open || onClose()}>
      <Devices />
      <Select<Language>
        label={t("settings.language")}
        value={language()}
        options={LANGUAGES.map((value) => ({ value, label: value === "fr" ? "Français" : "English" }))}
        onChange={(value) => void chooseLanguage(value)}
      />
      <Select<Theme>
        label={t("settings.theme")}
        value={current}
        options={THEMES.map((value) => ({ value, label: t(`settings.themes.${value}`) }))}
        onChange={chooseTheme}
      />
      <Checkbox
        label={t("settings.readChat")}
        checked={aloud}
        onChange={(event) => setReadChat(event.target.checked)}
      />
    </Dialog>
  );
}

function Devices() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const microphone = useRoom((state) => mayPublish(state, "microphone"));
  const camera = useRoom((state) => mayPublish(state, "camera"));
  const [devices, setDevices] = useState<DeviceList>({ microphones: [], cameras: [], speakers: [] });
  const [chosen, setChosen] = useState(choices);
  useEffect(() => {
    const look = () => void listDevices().then(setDevices);
    look();
    return onDevicesChanged(look);
  }, []);
  const options = (list: MediaDeviceInfo[]) => [
    { value: "", label: t("settings.default") },
    ...list
      .filter((device) => device.deviceId !== "default")
      .map((device) => ({ value: device.deviceId, label: device.label || t("settings.unnamed") })),
  ];
  const pick = (source: "microphone" | "camera", id: string) => {
    setChosen(choose({ [source]: id || null }));
    void classroom.sources.changeDevice(source);
  };
  return (
    <>
      {microphone ? (
        <>
          <Select
            label={t("settings.microphone")}
            value={chosen.microphone ?? ""}
            options={options(devices.microphones)}
            onChange={(id) => pick("microphone", id)}
          />
          <Checkbox
            label={t("settings.clean")}
            checked={chosen.cleanSound}
            onChange={(event) => {
              setChosen(choose({ cleanSound: event.target.checked }));
              void classroom.sources.changeDevice("microphone");
            }}
          />
        </>
      ) : null}
      {camera ? (
        <>
          <Select
            label={t("settings.camera")}
            value={chosen.camera ?? ""}
            options={options(devices.cameras)}
            onChange={(id) => pick("camera", id)}
          />
          <Select<PictureCodec>
            label={t("settings.codec")}
            value={chosen.codec}
            options={PICTURE_CODECS.map((value) => ({ value, label: t(`settings.codecs.${value}`) }))}
            onChange={(codec) => setChosen(choose({ codec }))}
          />
        </>
      ) : null}
      {devices.speakers.length > 0 ? (
        <Select
          label={t("settings.speaker")}
          value={chosen.speaker ?? ""}
          options={options(devices.speakers)}
          onChange={(id) => {
            setChosen(choose({ speaker: id || null }));
            for (const audio of document.querySelectorAll<HTMLAudioElement>("audio[data-participant]")) {
              if ("setSinkId" in audio) void audio.setSinkId(id).catch(() => undefined);
            }
          }}
        />
      ) : null}
    </>
  );
}
