{{- /* The release that the objects belong to: a canary is a release of its own, and its pods are pods of the other one's API. */ -}}
{{- define "supportcarr.instance" -}}
{{- .Values.canary.of | default .Release.Name }}
{{- end }}

{{- define "supportcarr.fullname" -}}
{{- $name := include "supportcarr.instance" . }}
{{- if contains "supportcarr" $name }}{{ $name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-supportcarr" $name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- /* the ConfigMap of the processes: a canary has its own, so that the others keep their settings */ -}}
{{- define "supportcarr.configName" -}}
{{ include "supportcarr.fullname" . }}{{ if .Values.canary.of }}-canary{{ end }}
{{- end }}

{{- /* call with (dict "root" $ "component" "api") */ -}}
{{- define "supportcarr.selector" -}}
app.kubernetes.io/name: supportcarr
app.kubernetes.io/instance: {{ include "supportcarr.instance" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "supportcarr.labels" -}}
{{ include "supportcarr.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- /* call with (dict "root" $ "image" .Values.image): refuses the development image outside development */ -}}
{{- define "supportcarr.image" -}}
{{- if and (contains "development" .image.repository) (ne .root.Values.environment "development") }}
{{- fail (printf "the image %s is for development alone; the environment is %s" .image.repository .root.Values.environment) }}
{{- end }}
{{- if .image.digest }}{{ .image.repository }}@{{ .image.digest }}{{ else }}{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "supportcarr.secretName" -}}
{{- if .Values.secrets.existingSecret }}{{ .Values.secrets.existingSecret }}{{ else if .Values.secrets.externalSecret.enabled }}{{ include "supportcarr.fullname" . }}{{ else }}{{ fail "set secrets.existingSecret or secrets.externalSecret" }}{{ end }}
{{- end }}

{{- define "supportcarr.backupSecretName" -}}
{{- if .Values.mongodb.backup.existingSecret }}{{ .Values.mongodb.backup.existingSecret }}{{ else if .Values.secrets.externalSecret.enabled }}{{ include "supportcarr.fullname" . }}-backup{{ else }}{{ fail "set mongodb.backup.existingSecret, or mongodb.backup.enabled: false" }}{{ end }}
{{- end }}

{{- define "supportcarr.publicTls" -}}
{{- if .Values.tls.public.secretName }}{{ .Values.tls.public.secretName }}{{ else if .Values.tls.public.issuerName }}{{ include "supportcarr.fullname" . }}-public{{ else }}{{ fail "set tls.public.secretName or tls.public.issuerName" }}{{ end }}
{{- end }}

{{- define "supportcarr.internalTls" -}}
{{- if and (eq .Values.tls.internal.mode "none") (ne .Values.environment "development") }}{{ fail "tls.internal.mode none is for development alone" }}{{ end }}
{{- if eq .Values.tls.internal.mode "certManager" }}true{{ end }}
{{- end }}

{{- define "supportcarr.scheme" -}}{{ if include "supportcarr.internalTls" . }}https{{ else }}http{{ end }}{{- end }}

{{- define "supportcarr.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "supportcarr.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* of the Python processes: settings, secrets, and the URLs of the stores in this chart */ -}}
{{- define "supportcarr.environment" -}}
envFrom:
  - configMapRef: { name: {{ .configMap | default (include "supportcarr.configName" .root) }} }
  - secretRef: { name: {{ include "supportcarr.secretName" .root }} }
{{- $full := include "supportcarr.fullname" .root }}
{{- $tls := include "supportcarr.internalTls" .root }}
{{- with .root.Values }}
{{- if or .mongodb.enabled .redis.enabled }}
env:
  {{- if .mongodb.enabled }}
  - name: MONGODB_PASSWORD
    valueFrom: { secretKeyRef: { name: {{ include "supportcarr.secretName" $.root }}, key: MONGODB_PASSWORD } }
  - name: SUPPORTCARR_STORE_URL
    value: "mongodb://supportcarr:$(MONGODB_PASSWORD)@{{ range $n := until (int .mongodb.replicas) }}{{ if $n }},{{ end }}{{ $full }}-mongodb-{{ $n }}.{{ $full }}-mongodb.{{ $.root.Release.Namespace }}.svc:27017{{ end }}/supportcarr?replicaSet={{ $full }}&authSource=admin{{ if $tls }}&tls=true&tlsCAFile=/etc/supportcarr/internal-tls/ca.crt{{ end }}"
  {{- end }}
  {{- if .redis.enabled }}
  - name: REDIS_PASSWORD
    valueFrom: { secretKeyRef: { name: {{ include "supportcarr.secretName" $.root }}, key: REDIS_PASSWORD } }
  - name: SUPPORTCARR_REDIS_URL
    value: "{{ if $tls }}rediss{{ else }}redis{{ end }}://:$(REDIS_PASSWORD)@{{ $full }}-redis.{{ $.root.Release.Namespace }}.svc:6379/0"
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "supportcarr.mounts" -}}
volumeMounts:
  - { name: data, mountPath: /data }
  - { name: tmp, mountPath: /tmp }
  {{- if include "supportcarr.internalTls" . }}
  - { name: internal-tls, mountPath: /etc/supportcarr/internal-tls, readOnly: true }
  - { name: trust, mountPath: /etc/supportcarr/trust, readOnly: true }
  {{- end }}
{{- end }}

{{- define "supportcarr.volumes" -}}
volumes:
  - { name: data, emptyDir: { sizeLimit: 1Gi } }
  - { name: tmp, emptyDir: { sizeLimit: 1Gi } }
  {{- if include "supportcarr.internalTls" . }}
  - { name: internal-tls, secret: { secretName: {{ include "supportcarr.fullname" . }}-internal } }
  - { name: trust, emptyDir: { sizeLimit: 4Mi } }
  {{- end }}
{{- end }}

{{- /* SSL_CERT_FILE replaces the system's authorities, so that the file needs them as well as our own */ -}}
{{- define "supportcarr.trust" -}}
{{- if include "supportcarr.internalTls" . }}
initContainers:
  - name: trust
    image: {{ include "supportcarr.image" (dict "root" . "image" .Values.image) }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    command: [sh, -c, "cat /etc/ssl/certs/ca-certificates.crt /etc/supportcarr/internal-tls/ca.crt > /etc/supportcarr/trust/bundle.pem"]
    securityContext: {{- include "supportcarr.containerSecurity" . | nindent 6 }}
    resources: { requests: { cpu: 10m, memory: 16Mi }, limits: { memory: 32Mi } }
    volumeMounts:
      - { name: internal-tls, mountPath: /etc/supportcarr/internal-tls, readOnly: true }
      - { name: trust, mountPath: /etc/supportcarr/trust }
{{- end }}
{{- end }}

{{- define "supportcarr.settings" -}}
{{- $full := include "supportcarr.fullname" . }}
SUPPORTCARR_PROFILE: {{ if eq .Values.environment "development" }}local{{ else }}{{ .Values.environment }}{{ end }}
SUPPORTCARR_DATA: /data/supportcarr # made by the process, for itself alone
SUPPORTCARR_HOST: 0.0.0.0
SUPPORTCARR_PORT: "8000"
SUPPORTCARR_REALTIME_PORT: "8001"
SUPPORTCARR_METRICS_PORT: "9100"
SUPPORTCARR_PUBLIC_URL: https://{{ required "set publicHost" .Values.publicHost }}
SUPPORTCARR_REALTIME_URL: https://{{ .Values.publicHost }}
SUPPORTCARR_TRUSTED_PROXIES: {{ join "," .Values.podNetworks | quote }}
SUPPORTCARR_DRAIN_SECONDS: {{ .Values.drainSeconds | quote }}
{{- if include "supportcarr.internalTls" . }}
SUPPORTCARR_TLS_CERTIFICATE: /etc/supportcarr/internal-tls/tls.crt
SUPPORTCARR_TLS_KEY: /etc/supportcarr/internal-tls/tls.key
SSL_CERT_FILE: /etc/supportcarr/trust/bundle.pem
{{- end }}
{{- if .Values.development.emulators }}
SUPPORTCARR_STRIPE_API_BASE: http://{{ $full }}-emulators:8002
SUPPORTCARR_TWILIO_API_BASE: http://{{ $full }}-emulators:8002
{{- end }}
{{- range $name, $value := .Values.settings }}
{{- if ne (toString $value) "" }}
SUPPORTCARR_{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "supportcarr.placement" -}}
{{- if .root.Values.spreadOverZones }}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "supportcarr.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}
