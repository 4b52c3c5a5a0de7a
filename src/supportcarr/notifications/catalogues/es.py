"""What notifications say in Spanish."""

from __future__ import annotations

from supportcarr.notifications.catalogues.shape import Catalogue

CATALOGUE = Catalogue(
    documents={
        "licence": "su licencia de conducir",
        "insurance": "su seguro",
        "registration": "el registro de su vehículo",
        "vehicle_photo": "la foto de su vehículo",
        "profile_photo": "su foto",
    },
    conjunction="y",
    months=(
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
    date="{day} de {month} de {year}",
    first_day="1",
    amount="{symbol}{number}",
    marks=(",", "."),
    texts={
        ("deletion_requested", "anyone"): (
            "Su cuenta se eliminará",
            "El {date} se borrarán su cuenta y sus datos. Hasta entonces puede conservarlos: inicie "
            "sesión y cancele la eliminación.",
        ),
        ("deletion_cancelled", "anyone"): (
            "Su cuenta se conserva",
            "Se canceló la eliminación de su cuenta. Si no fue usted, cambie su contraseña.",
        ),
        ("export_ready", "anyone"): (
            "La copia de sus datos está lista",
            "Puede descargarla hasta el {date}.",
        ),
        ("driver_assigned", "rider"): (
            "Ya tiene conductor",
            "Un conductor aceptó su rescate. Puede seguir la camioneta en el mapa.",
        ),
        ("driver_assigned", "driver"): (
            "El servicio es suyo",
            "Aceptó un rescate. Salga cuando esté listo.",
        ),
        ("driver_queued", "rider"): (
            "Ya tiene conductor",
            "Un conductor que termina un servicio cerca vendrá después por usted.",
        ),
        ("driver_queued", "driver"): (
            "Ya tiene su próximo servicio",
            "Aceptó un rescate para después de su servicio actual.",
        ),
        ("driver_exchanged", "rider"): (
            "Viene un conductor más cercano",
            "Otro conductor puede llegar antes y se encarga de su rescate.",
        ),
        ("driver_exchanged", "driver"): (
            "Lo lleva un conductor más cercano",
            "Otro conductor se encarga de este rescate. Usted queda libre para el próximo servicio.",
        ),
        ("driver_gave_up", "rider"): (
            "Buscamos a otro conductor",
            "Su conductor tuvo que dejar el rescate. Ya estamos preguntando a otros.",
        ),
        ("driver_gave_up", "driver"): (
            "El servicio ya no es suyo",
            "El rescate volvió a ofrecerse a otros conductores.",
        ),
        ("driver_departed", "rider"): (
            "Su conductor está en camino",
            "La camioneta ya salió. Puede seguirla en el mapa.",
        ),
        ("driver_arrived", "rider"): (
            "Su conductor ya está aquí",
            "Dígale el PIN de inicio de cuatro cifras que muestra su rescate.",
        ),
        ("job_started", "rider"): (
            "De camino a casa",
            "Su bicicleta está cargada y el viaje empezó.",
        ),
        ("rescue_completed", "rider"): (
            "Ha llegado",
            "Su rescate terminó. Paga {paid}.",
        ),
        ("rescue_completed_fixed_on_spot", "rider"): (
            "Su bicicleta está reparada",
            "Su conductor la reparó en el lugar. Paga {paid}.",
        ),
        ("rescue_completed", "driver"): (
            "Servicio terminado",
            "El rescate terminó. Gana {earned}.",
        ),
        ("rescue_cancelled", "rider"): (
            "Su rescate está cancelado",
            "No paga nada, y lo retenido en su tarjeta se libera.",
        ),
        ("rescue_cancelled_fee", "rider"): (
            "Su rescate está cancelado",
            "Un conductor ya se ocupaba de él, por eso se aplica un cargo de {paid}.",
        ),
        ("rescue_cancelled", "driver"): (
            "El rescate se canceló",
            "No hace falta que vaya. Queda libre para el próximo servicio.",
        ),
        ("rescue_cancelled_fee", "driver"): (
            "El rescate se canceló",
            "No hace falta que vaya. Gana {earned} por el trayecto.",
        ),
        ("rescue_no_show", "rider"): (
            "Su conductor no pudo encontrarle",
            "El conductor esperó y tuvo que irse. Se aplica un cargo de {paid}.",
        ),
        ("rescue_no_show", "driver"): (
            "El cliente no estaba",
            "El servicio terminó. Gana {earned} por esperar.",
        ),
        ("rescue_unserved", "rider"): (
            "No encontramos conductor",
            "Ningún conductor pudo venir a tiempo. No paga nada, y lo retenido en su tarjeta se libera.",
        ),
        ("rescue_rejected", "rider"): (
            "No pudimos aceptar su rescate",
            "Algo lo impidió. No paga nada.",
        ),
        ("rescue_rejected_card_declined", "rider"): (
            "Su tarjeta fue rechazada",
            "Su banco no permitió retener el importe, así que el rescate no empezó. Pruebe con otra tarjeta.",
        ),
        ("rescue_rejected_outside_area", "rider"): (
            "Todavía no llegamos ahí",
            "La recogida o el destino está fuera de nuestra zona. No paga nada.",
        ),
        ("rescue_rejected_unsafe_battery", "rider"): (
            "Aléjese de la batería",
            "Una batería que humea o está hinchada no se puede transportar. Guarde distancia y llame a "
            "los bomberos.",
        ),
        ("rescue_rejected_rider_has_live_rescue", "rider"): (
            "Su reserva no empezó",
            "Tiene otro rescate en curso. Por este no paga nada.",
        ),
        ("rescue_aborted", "rider"): (
            "Su rescate se detuvo",
            "El conductor no pudo continuar. No paga nada, salvo que nuestro soporte le diga otra cosa.",
        ),
        ("rescue_aborted", "driver"): (
            "El servicio se detuvo",
            "El rescate terminó. Queda libre para el próximo servicio.",
        ),
        ("rescue_aborted_fee", "rider"): (
            "Su rescate se detuvo",
            "El conductor no pudo continuar. Nuestro soporte fijó {paid} a pagar.",
        ),
        ("rescue_aborted_fee", "driver"): (
            "El servicio se detuvo",
            "El rescate terminó. Gana {earned} por él.",
        ),
        ("payment_failed", "rider"): (
            "Un pago no se pudo hacer",
            "Su tarjeta no pagó {amount}. Consulte a su banco o añada otra tarjeta.",
        ),
        ("payment_requires_action", "rider"): (
            "Su banco le pide que confirme",
            "Confirme el pago de {amount} con su banco para que el rescate pueda empezar.",
        ),
        ("pin_locked", "rider"): (
            "El PIN de inicio está bloqueado",
            "Se escribió mal demasiadas veces. Muestre a su conductor uno nuevo desde su rescate.",
        ),
        ("pin_locked", "driver"): (
            "El PIN de inicio está bloqueado",
            "Se escribió mal demasiadas veces. Pida uno nuevo al cliente.",
        ),
        ("fix_proposed", "rider"): (
            "¿Está reparada su bicicleta?",
            "Su conductor dice que sí, por {amount}. Confírmelo si está de acuerdo, o dé a su conductor "
            "el PIN de inicio.",
        ),
        ("fix_confirmed", "driver"): (
            "El cliente está de acuerdo",
            "La bicicleta está reparada por {amount} como máximo. Ya puede terminar el rescate.",
        ),
        ("driver_offline", "driver"): (
            "Ahora está desconectado",
            "Dejó pasar varias ofertas seguidas. Conéctese otra vez cuando quiera conducir.",
        ),
        ("hours_ending", "driver"): (
            "Sus horas casi se acaban",
            "En {minutes} minutos habrá conducido todo lo permitido antes de descansar. Después no "
            "recibirá ofertas.",
        ),
        ("hours_limit", "driver"): (
            "Es hora de descansar",
            "Ha conducido todo lo permitido y está desconectado. La aplicación muestra cuándo puede "
            "volver a conectarse.",
        ),
        ("long_break", "driver"): (
            "Su turno terminó",
            "Está desconectado porque su pausa duró lo que un descanso. Conéctese otra vez cuando quiera "
            "conducir.",
        ),
        ("application_submitted", "driver"): (
            "Su solicitud ha llegado",
            "Nuestro soporte la revisa y le dice aquí lo que decide.",
        ),
        ("application_changes", "driver"): (
            "Su solicitud necesita cambios",
            "Abra su solicitud: dice qué hay que corregir y por qué. Después envíela otra vez.",
        ),
        ("application_approved", "driver"): (
            "Su solicitud está aprobada",
            "Conéctese cuando quiera recibir servicios.",
        ),
        ("statement_approved", "driver"): (
            "Sus nuevos documentos están aprobados",
            "Lo que escribió en su solicitud cuenta desde ahora.",
        ),
        ("statement_refused", "driver"): (
            "Sus nuevos documentos no fueron aceptados",
            "Los documentos aprobados antes siguen valiendo. Su solicitud dice qué hay que corregir y por "
            "qué.",
        ),
        ("application_rejected", "driver"): (
            "Su solicitud fue rechazada",
            "Su solicitud dice por qué. Si cree que es un error, escriba a nuestro soporte.",
        ),
        ("driver_reinstated", "driver"): (
            "Puede volver a recibir servicios",
            "Su suspensión terminó. Conéctese cuando quiera conducir.",
        ),
        ("driver_suspended", "driver"): (
            "Por ahora no puede recibir servicios",
            "Su cuenta de conductor está suspendida. Si nuestro soporte dio un motivo, su solicitud lo "
            "muestra.",
        ),
        ("sign_in_attempts_failed", "anyone"): (
            "Contraseñas incorrectas en su cuenta",
            "Alguien escribió varias contraseñas incorrectas para su número. Desde lugares donde usted no "
            "ha iniciado sesión antes, cada intento tendrá que esperar. En los demás no cambia nada.",
        ),
        ("password_changed", "anyone"): (
            "Su contraseña se cambió",
            "Se cerraron las demás sesiones de su cuenta. Si no fue usted, elija una contraseña nueva con "
            "un código por mensaje de texto.",
        ),
        ("phone_changed", "anyone"): (
            "Su número de teléfono se cambió",
            "Desde ahora inicie sesión con el número nuevo. Si no fue usted, contacte enseguida con "
            "nuestro soporte.",
        ),
        ("totp_removed", "anyone"): (
            "Se quitó su aplicación de autenticación",
            "Su cuenta ya no pide sus códigos y se cerraron todas las sesiones. Si no fue usted ni "
            "nuestro soporte, elija ahora una contraseña nueva y avísenos.",
        ),
        ("documents_expiring", "driver"): (
            "Renueve {documents}",
            "El último día de validez es el {last_day}. Escriba a tiempo la nueva fecha en su solicitud, "
            "porque nuestro soporte la revisa antes. Después de ese día no recibirá ofertas.",
        ),
        ("documents_expired", "driver"): (
            "Documentos vencidos: {documents}",
            "No recibe ofertas porque el último día de validez fue el {last_day}. Escriba la nueva fecha "
            "en su solicitud; nuestro soporte la revisa.",
        ),
        ("documents_missing", "driver"): (
            "Falta su licencia o su seguro",
            "Está desconectado y no recibe ofertas. Escriba ambos en su solicitud; nuestro soporte los "
            "revisa.",
        ),
        ("document_approved", "driver"): (
            "Documento aprobado: {document}",
            "Lo que envió cuenta desde ahora.",
        ),
        ("document_rejected", "driver"): (
            "Documento no aceptado: {document}",
            "Su solicitud dice por qué. Envíe otro.",
        ),
        ("rating_requested", "rider"): (
            "¿Cómo fue su rescate?",
            "Califique a su conductor. Cada uno ve la calificación del otro cuando ambas están dadas, o "
            "después de siete días.",
        ),
        ("rating_requested", "driver"): (
            "¿Cómo fue el cliente?",
            "Califique al cliente. Cada uno ve la calificación del otro cuando ambas están dadas, o "
            "después de siete días.",
        ),
        ("rating_shown", "rider"): (
            "Su conductor le ha calificado",
            "Puede leer la calificación en su rescate.",
        ),
        ("rating_shown", "driver"): (
            "Su cliente le ha calificado",
            "Puede leer la calificación en el rescate.",
        ),
        ("pin_renewed", "rider"): (
            "Tiene un PIN de inicio nuevo",
            "Su rescate muestra las cuatro cifras nuevas.",
        ),
        ("pin_renewed", "driver"): (
            "El PIN de inicio es nuevo",
            "Pida al cliente las cuatro cifras nuevas.",
        ),
    },
)
