//! Everything the entrance page says, in each language: one place for whoever translates.

/// The texts of one language.
#[derive(Debug)]
pub(super) struct Texts {
    /// As in the `lang` attribute.
    pub(super) tag: &'static str,
    pub(super) title: &'static str,
    pub(super) greeting: &'static str,
    pub(super) until: &'static str,
    pub(super) ask_by_mail: &'static str,
    pub(super) send_code: &'static str,
    pub(super) ask_administrator: &'static str,
    pub(super) code: &'static str,
    pub(super) enter: &'static str,
    pub(super) code_sent: &'static str,
    pub(super) too_many_codes: &'static str,
    pub(super) wrong_code: &'static str,
    pub(super) not_yet: &'static str,
    pub(super) closed_title: &'static str,
    pub(super) closed: &'static str,
    pub(super) slow_down: &'static str,
    pub(super) no_gateway: &'static str,
    pub(super) failed: &'static str,
    pub(super) granted_title: &'static str,
    pub(super) granted: &'static str,
    pub(super) go_on: &'static str,
}

const ENGLISH: Texts = Texts {
    tag: "en",
    title: "Remote access",
    greeting: "This is the personal access link of",
    until: "It works until",
    ask_by_mail: "You need a fresh code each time you enter. It comes to your e-mail address and works for ten minutes, once.",
    send_code: "Send me a code",
    ask_administrator: "You need a fresh code each time you enter. Ask your contact for one.",
    code: "Code of eight digits",
    enter: "Enter",
    code_sent: "If a code could be sent, it is on its way to your e-mail address. Earlier codes no longer work.",
    too_many_codes: "This link has had five codes within an hour. Try again later.",
    wrong_code: "This code does not work, or no longer. A code is for one attempt: ask for a new one.",
    not_yet: "This link works only from",
    closed_title: "Not possible",
    closed: "This link does not work, or no longer. Ask your contact for a new one.",
    slow_down: "Too many attempts came from your network. Try again in a few minutes.",
    no_gateway: "The way in is not set up yet. Tell your contact.",
    failed: "This did not work because of a fault on our side. Try again in a few seconds.",
    granted_title: "You may enter",
    granted: "Go on within a minute; later you need a new code.",
    go_on: "Go on",
};

const BRAZILIAN_PORTUGUESE: Texts = Texts {
    tag: "pt-BR",
    title: "Acesso remoto",
    greeting: "Este é o link de acesso pessoal de",
    until: "Ele funciona até",
    ask_by_mail: "Cada entrada exige um novo código. Ele é enviado ao seu e-mail e vale por dez minutos, uma única vez.",
    send_code: "Enviar um código",
    ask_administrator: "Cada entrada exige um novo código. Peça um ao seu contato.",
    code: "Código de oito dígitos",
    enter: "Entrar",
    code_sent: "Se foi possível enviar um código, ele está a caminho do seu e-mail. Os códigos anteriores não funcionam mais.",
    too_many_codes: "Este link já recebeu cinco códigos em uma hora. Tente novamente mais tarde.",
    wrong_code: "Este código não funciona, ou não funciona mais. Cada código vale para uma tentativa: peça outro.",
    not_yet: "Este link só funciona a partir de",
    closed_title: "Não é possível",
    closed: "Este link não funciona, ou não funciona mais. Peça um novo ao seu contato.",
    slow_down: "Houve tentativas demais a partir da sua rede. Tente novamente em alguns minutos.",
    no_gateway: "A entrada ainda não está configurada. Avise o seu contato.",
    failed: "Não funcionou por uma falha do nosso lado. Tente novamente em alguns segundos.",
    granted_title: "Você pode entrar",
    granted: "Continue em até um minuto; depois será preciso um novo código.",
    go_on: "Continuar",
};

/// The language asked for first that is spoken here.
pub(super) fn accepted(header: &str) -> &'static Texts {
    header
        .split(',')
        .filter_map(|range| range.split([';', '-']).next())
        .find_map(|primary| match primary.trim() {
            primary if primary.eq_ignore_ascii_case("en") => Some(&ENGLISH),
            primary if primary.eq_ignore_ascii_case("pt") => Some(&BRAZILIAN_PORTUGUESE),
            _ => None,
        })
        .unwrap_or(&ENGLISH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_spoken_here_is_taken() {
        for (header, tag) in [
            ("", "en"),
            ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"),
            ("de-DE, PT ;q=0.5", "pt-BR"),
            ("de", "en"),
            ("en-GB,pt", "en"),
            (";;,,--", "en"),
        ] {
            assert_eq!(accepted(header).tag, tag, "{header}");
        }
    }
}
