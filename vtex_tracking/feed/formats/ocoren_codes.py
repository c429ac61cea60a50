"""What OCOREN's event codes say: PROCEDA's published table, in words for a shopper.

00 to 99 as in https://github.com/hfoletto/edi-proceda (`src/Registros/Ocorrencia.php`) and
https://github.com/luanfreitasdev/edi_ocoren (`src/EDI/Versions/LayoutV3.php`), which agree. 100 to 105 are of 5.0, and the
readers of 5.0 in public repositories agree on them; above that each carrier has codes of its own, so none is here.
"""

from __future__ import annotations

from typing import Final

from vtex_tracking.settings import Code

# Delivered cannot be taken back, so 105 is not among these: it is a delivery as another carrier tells it.
_DELIVERED: Final = frozenset({"01", "02", "24", "31"})
_RETURNED: Final = frozenset({"25", "100", "101", "102", "103"})  # 07 is a return that was not allowed

_TEXTS: Final = {
    "00": "Processo de transporte já iniciado",
    "01": "Entrega realizada normalmente",
    "02": "Entrega fora da data programada",
    "03": "Recusa por falta de pedido de compra",
    "04": "Recusa por pedido de compra cancelado",
    "05": "Falta de espaço físico no depósito do cliente de destino",
    "06": "Endereço do cliente de destino não localizado",
    "07": "Devolução não autorizada pelo cliente",
    "08": "Preço da mercadoria em desacordo com o pedido de compra",
    "09": "Mercadoria em desacordo com o pedido de compra",
    "10": "Cliente de destino somente recebe mercadoria com frete pago",
    "11": "Recusa por deficiência na embalagem da mercadoria",
    "12": "Redespacho não indicado",
    "13": "Transportadora não atende a cidade do cliente de destino",
    "14": "Mercadoria sinistrada",
    "15": "Embalagem sinistrada",
    "16": "Pedido de compra em duplicidade",
    "17": "Mercadoria fora da embalagem de atacadista",
    "18": "Mercadorias trocadas",
    "19": "Reentrega solicitada pelo cliente",
    "20": "Entrega prejudicada por horário ou falta de tempo hábil",
    "21": "Estabelecimento fechado",
    "22": "Reentrega sem cobrança do cliente",
    "23": "Extravio de mercadoria em trânsito",
    "24": "Mercadoria reentregue ao cliente de destino",
    "25": "Mercadoria devolvida ao cliente de origem",
    "26": "Nota fiscal retida pela fiscalização",
    "27": "Roubo de carga",
    "28": "Mercadoria retida até segunda ordem",
    "29": "Cliente retira a mercadoria na transportadora",
    "30": "Problema com a documentação (nota fiscal ou conhecimento de transporte)",
    "31": "Entrega com indenização efetuada",
    "32": "Falta com solicitação de reposição",
    "33": "Falta com busca ou reconferência",
    "34": "Cliente fechado para balanço",
    "35": "Quantidade de produto em desacordo com a nota fiscal ou o pedido",
    "36": "Extravio de documentos pela companhia aérea",
    "37": "Extravio de carga pela companhia aérea",
    "38": "Avaria de carga pela companhia aérea",
    "39": "Corte de carga na pista",
    "40": "Aeroporto fechado na origem",
    "41": "Pedido de compra incompleto",
    "42": "Nota fiscal com produtos de setores diferentes",
    "43": "Feriado local ou nacional",
    "44": "Excesso de veículos",
    "45": "Cliente de destino encerrou as atividades",
    "46": "Responsável pelo recebimento ausente",
    "47": "Cliente de destino em greve",
    "48": "Aeroporto fechado no destino",
    "49": "Voo cancelado",
    "50": "Greve nacional (greve geral)",
    "51": "Mercadoria vencida (data de validade expirada)",
    "52": "Mercadoria redespachada (entregue para redespacho)",
    "53": "Mercadoria não foi embarcada e permanece na origem",
    "54": "Mercadoria embarcada sem conhecimento ou conhecimento não embarcado",
    "55": "Endereço da transportadora de redespacho não localizado ou não informado",
    "56": "Cliente não aceita mercadoria com pagamento de reembolso",
    "57": "Transportadora não atende a cidade da transportadora de redespacho",
    "58": "Quebra do veículo de entrega",
    "59": "Cliente sem verba para pagar o frete",
    "60": "Endereço de entrega errado",
    "61": "Cliente sem verba para reembolso",
    "62": "Recusa da carga por valor de frete errado",
    "63": "Identificação do cliente não informada, não enviada ou insuficiente",
    "64": "Cliente não identificado ou não cadastrado",
    "65": "Entrar em contato com o comprador",
    "66": "Troca não disponível",
    "67": "Fins estatísticos",
    "68": "Data de entrega diferente do pedido",
    "69": "Substituição tributária",
    "70": "Sistema fora do ar",
    "71": "Cliente de destino não recebe pedido parcial",
    "72": "Cliente de destino só recebe pedido parcial",
    "73": "Redespacho somente com frete pago",
    "74": "Funcionário não autorizado a receber mercadorias",
    "75": "Mercadoria embarcada para rota indevida",
    "76": "Estrada ou entrada de acesso interditada",
    "77": "Cliente de destino mudou de endereço",
    "78": "Avaria total",
    "79": "Avaria parcial",
    "80": "Extravio total",
    "81": "Extravio parcial",
    "82": "Sobra de mercadoria sem nota fiscal",
    "83": "Mercadoria em poder da SUFRAMA para internação",
    "84": "Mercadoria retirada para conferência",
    "85": "Apreensão fiscal da mercadoria",
    "86": "Excesso de carga ou peso",
    "87": "Férias coletivas",
    "88": "Recusado, aguardando negociação",
    "89": "Aguardando refaturamento das mercadorias",
    "90": "Recusado pela transportadora de redespacho",
    "91": "Entrega programada",
    "92": "Problemas fiscais",
    "93": "Aguardando carta de correção",
    "94": "Recusa por divergência nas condições de pagamento",
    "95": "Carga aguardando voo de conexão",
    "96": "Carga sem embalagem própria para transporte aéreo",
    "97": "Carga com dimensão superior ao porão da aeronave",
    "98": "Chegada na cidade ou filial de destino",
    "99": "Outro tipo de ocorrência",
    "100": "Devolução por não cumprimento do agendamento",
    "101": "Devolução ou não entrega a pedido do embarcador",
    "102": "Devolução ou não entrega a pedido do destinatário",
    "103": "Devolução ou não entrega a pedido da transportadora de redespacho",
    "104": "Entrega efetuada na transportadora de redespacho",
    "105": "Entrega efetuada no cliente pela transportadora de redespacho",
}

CODES: Final = {
    code: Code(text=text, is_delivered=code in _DELIVERED, is_returned=code in _RETURNED)
    for code, text in _TEXTS.items()
}


def normal_code(code: str) -> str:
    """A code as the published table has it: two digits, three from 100 on."""
    return code.lstrip("0").rjust(2, "0") if code.isdecimal() else code
