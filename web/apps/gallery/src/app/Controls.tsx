import { Badge } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { Chip } from "@supportcarr/ui/Chip";
import { Checkbox } from "@supportcarr/ui/form/Checkbox";
import { Choices } from "@supportcarr/ui/form/Choices";
import { CodeField } from "@supportcarr/ui/form/CodeField";
import { Field } from "@supportcarr/ui/form/Field";
import { PhoneField } from "@supportcarr/ui/form/PhoneField";
import { TextArea } from "@supportcarr/ui/form/TextArea";
import { IconButton } from "@supportcarr/ui/IconButton";
import { ListRow } from "@supportcarr/ui/ListRow";
import { Switch } from "@supportcarr/ui/Switch";
import { BatteryWarning, Bike, CircleDot, CircleQuestionMark, Clock, CreditCard, Headset, House, LocateFixed, MessageCircle, Phone, Trash2, Wrench } from "lucide-react";
import { useState } from "react";

import { texts } from "../lib/texts.ts";
import { Section } from "./Section.tsx";

const { buttons, chips, badges, fields, choices, lists } = texts;
const CHOICE_ICONS = [<CircleDot key="tyre" />, <BatteryWarning key="battery" />, <Wrench key="broken" />, <CircleQuestionMark key="other" />];

export const Buttons = () => (
  <Section title={texts.sections.buttons}>
    <div className="space-y-3">
      <Button size="lg" block>
        {buttons.primary}
      </Button>
      <div className="flex flex-wrap gap-2">
        <Button icon={<Phone className="size-5" />}>{buttons.call}</Button>
        <Button variant="secondary">{buttons.secondary}</Button>
        <Button variant="quiet">{buttons.quiet}</Button>
        <Button variant="danger">{buttons.danger}</Button>
        <Button busy>{buttons.busy}</Button>
        <Button variant="secondary" disabled>
          {buttons.disabled}
        </Button>
        <Button variant="ghost">{buttons.ghost}</Button>
      </div>
      <div className="flex gap-2">
        <IconButton label={buttons.locate} icon={<LocateFixed className="size-5" />} raised />
        <IconButton label={buttons.menu} icon={<MessageCircle className="size-5" />} />
      </div>
    </div>
  </Section>
);

export function Chips() {
  const [chosen, setChosen] = useState("flat");
  return (
    <Section title={texts.sections.chips}>
      <div className="flex flex-wrap gap-2">
        {(["flat", "battery", "damaged"] as const).map((name) => (
          <Chip key={name} pressed={chosen === name} onPress={() => setChosen(name)}>
            {chips[name]}
          </Chip>
        ))}
      </div>
      <div className="mt-3 flex flex-wrap gap-2">
        <Chip icon={<Clock className="size-4" />}>{chips.eta}</Chip>
        <Chip icon={<House className="size-4" />}>{chips.far}</Chip>
      </div>
      <div className="mt-4 flex flex-wrap gap-2">
        <Badge tone="success">{badges.done}</Badge>
        <Badge tone="warning">{badges.waiting}</Badge>
        <Badge tone="danger">{badges.refused}</Badge>
        <Badge tone="info">{badges.news}</Badge>
        <Badge tone="neutral">{badges.old}</Badge>
      </div>
    </Section>
  );
}

export function Fields() {
  const [notify, setNotify] = useState(true);
  const [text, setText] = useState(false);
  return (
    <Section title={texts.sections.fields}>
      <div className="space-y-4">
        <Field name="name" label={fields.name} defaultValue={fields.nameValue} />
        <PhoneField name="phone" error={fields.phoneError} />
        <CodeField name="code" label={fields.code} defaultValue="4821" />
        <TextArea name="note" label={fields.note} hint={fields.noteHint} />
        <Checkbox name="terms" label={fields.terms} defaultChecked />
        <div className="divide-y divide-(--border)">
          <Switch label={fields.notify} hint={fields.notifyHint} checked={notify} onChange={setNotify} />
          <Switch label={chips.eta} checked={text} onChange={setText} />
        </div>
      </div>
    </Section>
  );
}

export const ChoiceCards = () => (
  <Section title={texts.sections.choices}>
    <Choices
      legend={choices.legend}
      name="problem"
      columns={1}
      chosen={["flat_tyre"]}
      choices={choices.options.map(([value = "", label = "", about = ""], place) => ({ value, label, about, icon: CHOICE_ICONS[place] }))}
    />
  </Section>
);

export const Lists = () => (
  <Section title={texts.sections.lists}>
    <div className="divide-y divide-(--border)">
      <ListRow icon={<House className="size-5" />} title={lists.home} detail={lists.homeAt} onPress={() => undefined} />
      <ListRow icon={<Bike className="size-5" />} title={lists.bike} detail={lists.bikeFacts} onPress={() => undefined} />
      <ListRow icon={<CreditCard className="size-5" />} title={lists.card} detail={lists.expires} end={<Badge tone="success">{badges.done}</Badge>} />
      <ListRow icon={<Headset className="size-5" />} title={lists.help} href="#help" />
      <ListRow icon={<Trash2 className="size-5" />} title={lists.delete} onPress={() => undefined} />
    </div>
  </Section>
);
