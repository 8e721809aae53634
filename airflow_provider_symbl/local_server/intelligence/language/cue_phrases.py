"""The words by which tasks are told, each list a part of a pattern; a blank stands for any white space."""

from __future__ import annotations

MASK = "\ue000"
"""Stands for each character of a name, so that the patterns need not know any: from a private area of Unicode."""
NAME = f"{MASK}+"


def one_of(*patterns: str) -> str:
    """Join patterns into one that matches what any of them does."""
    return "(?:" + "|".join(patterns) + ")"


_OF_A_GROUP = one_of(
    "team|department|group|staff|manager|supervisor|boss|agents?|colleagues?|assistant|engineers?|developers?",
    "designers?|technicians?|doctor|nurse|lawyer|accountant|driver|warehouse|supplier|vendor|carrier|contractor",
    (
        "electrician|plumber|board|office|guys|people|intern|secretary|administrator|analyst|recruiter"
        "|landlord|architects?"
    ),
    "mechanic|pharmacist|dentist|therapist|editor|translator|photographer|courier|caterer|cleaner|gardener",
)
_STILL = "(?: (?:still|also|really|all|both|just))?"
GROUP = one_of(
    rf"(?:the|our|your|my|their|a|an|another) (?:\w+ ){{0,2}}?{_OF_A_GROUP}",
    "accounting|finance|legal|marketing|sales|hr",
)
SOMEBODY = one_of("someone|somebody|anyone|anybody|everyone|everybody|one of you", NAME, GROUP)
OTHERS = one_of(
    rf"{NAME}(?:,? (?:and|or) {NAME})?",
    "he|she|they",
    GROUP,
    r"(?:someone|somebody|everyone|everybody)(?: (?:from|in|on|of|at) (?:(?:the|our|your|my) )?\w+)?",
    "(?:the two|the three|both|all|one|some) of (?:us|you|them)",
    "you (?:two|guys|both|all)",
)
_GOING = "(?:going|planning|about)"
_WE = one_of(f"we(?:'ll| will| shall)|we(?:'re| are) (?:{_GOING} to|gonna)|we (?:agreed|decided|plan|intend) to")
PLEDGE = one_of(f"i(?:'ll| will| shall)|i(?:'m| am) (?:{_GOING} to|gonna)|i (?:promise|plan|intend|volunteer) to")
DUTY = one_of(
    "'ll| will| shall| must",
    f"{_STILL} needs? to",
    f"{_STILL} (?:has|have) (?:got )?to",
    f"(?:'s| is|'re| are) (?:{_GOING} to|gonna)",
)
ADVICE = "(?: should| ought to|(?:'s| is|'re| are) supposed to)"
PROMISED = (
    "(?: (?:said|says|agreed|agrees|promised|offered|volunteered)(?: that)?(?: (?:he|she"
    "|they))?(?:'d| would|'ll| will| to))"
)
_ASKS = "(?:can|could|would|will)"
_DOING = one_of(
    (
        "sending|emailing|mailing|forwarding|booking|ordering|submitting|uploading|preparing|drafting"
        "|updating|cancel(?:l)?ing"
    ),
    "transferring|issuing|refunding|scheduling|escalating|adding|creating|filing|opening|replacing|processing|printing",
)
_ERRANDS = one_of(
    (
        "take care of|write|send|forward|prepare|book|fix|order|bring|pick up|draft|set up|look into"
        "|handle|update|deliver"
    ),
    (
        r"print|upload|arrange|organi[sz]e|ask \w+ (?:to|about|for)|check with|drop off|submit|issue|file"
        "|open a|do that|do it"
    ),
)
_OBJECT = one_of(
    (
        "me|us|him|her|them|it|this|that|these|those|the|an?|your|my|our|his|their|all|any|some|every"
        "|each|one|two|three|four"
    ),
    "[0-9]+|in|out|up|off|down|to|back|over|everything|everyone|both",
    NAME,
)
_ORDERS = one_of(
    "send|email|mail|forward|submit|upload|download|print|book|order|reserve|fill|contact|notify|inform|update|prepare",
    "draft|collect|gather|schedule|arrange|organi[sz]e|return|replace|install|reset|restart|unplug|cancel|create|add",
    (
        "remove|delete|change|share|ship|deliver|sign|buy|write|clean|fix|repair|test|verify"
        "|double[- ]check|bring|pick|drop"
    ),
    "pay|transfer|refund|escalate|assign|copy|attach|translate|save|close|lock|ask|get|put|try to reach|finish|review",
    (
        "check|take|leave|move|set|call|invite|post|record|measure|order|compare|reply|respond|apply"
        "|register|enter|publish"
    ),
)
_JOB = "(?:job|task|role|homework|assignment|action|action item|responsibility|step|plan|goal|priority|to-?do)"
KINDS = {
    "promise": (
        0.9,
        one_of(
            r"(?:what )?i(?:'ll| will| shall| can| could|(?:'m| am) going to|'m gonna) do is",
            PLEDGE,
            "let me",
            rf"i can(?= {_ERRANDS}\b)",
            f"my (?:next |first )?{_JOB} (?:is|will be) to",
            "i(?:'d| would) be happy to",
        ),
    ),
    "duty": (
        0.65,
        one_of(
            f"i{_STILL} (?:have|need) to|i(?:'ve| have) got to|i(?:'d| had) better|i (?:must|should|ought to)",
            "i(?:'m| am) (?:supposed|responsible for|in charge of)(?: to)?",
        ),
    ),
    "plan": (
        0.85,
        one_of(
            _WE,
            (
                "(?:plan|goal|idea|(?:next|first|last|final) (?:step|thing))(?: (?:for"
                rf"|on) (?:\w+ )?{one_of(GROUP, NAME, 'us')})? (?:is|will be) to"
            ),
        ),
    ),
    "need": (
        0.75,
        one_of(
            rf"we{_STILL} (?:need to|have to|must|should|ought to|had better)|we(?:'d better|'ve got to)",
            r"(?:what|(?:one|the \w+|another) thing) (?:that )?(?:we|i|you) (?:have to|need to|should"
            "|must|can|could|will) do"
            r"(?: (?:now|next|first|then))? is(?: to)?",
        ),
    ),
    "proposal": (
        0.7,
        one_of(
            rf"let's|let us|i(?:'d| would)? (?:suggest|propose|recommend|advise)(?: that)? (?:we|you|{SOMEBODY})",
            "why don't we|(?:how about|shall) we",
        ),
    ),
    "task": (0.85, rf"(?:action item|to-?do|task)(?: for {SOMEBODY})?(?: is to|[,:]| -)|^{NAME}(?: and {NAME})? to"),
    "request": (
        0.8,
        one_of(
            f"{_ASKS} you(?: guys| all| two| both)?(?: be (?:able|willing) to)?|{_ASKS} {SOMEBODY}",
            (
                "would it be possible (?:for you )?to|(?:can|could|may|might) i ask you to|(?:i|we)(?:'d"
                "| would) like to ask you to"
            ),
            rf"(?:i|we)(?:'ll| will)?(?: need| want| expect|'d like| would like)(?: for)? (?:you|{SOMEBODY}) to",
            (
                "(?:(?:would|'d) )?(?:(?:be|really|very) )*(?:appreciate it|grateful|great|nice|helpful"
                "|help|wonderful|good)(?: a lot)? if you (?:could|would)"
            ),
            (
                "(?:i(?: was|'m| am)? )?(?:just )?(?:hoping|wondering|wonder)(?: if| that)? you (?:could"
                "|can|would)|do you think you could"
            ),
            (
                "(?:any|is there any) (?:way|chance) you (?:could|can)|if you could (?:just|please)"
                "|(?:perhaps|maybe) you could"
            ),
            "(?:can|could) we(?: please)?(?= get )|do me a favou?r and|feel free to|go ahead and|^just",
        ),
    ),
    "order": (
        0.75,
        one_of(
            (
                f"you(?:'ll| will)?{_STILL} (?:should|need to|have to|must|had better|might want to"
                "|may want to)|you'd better"
            ),
            (
                "you(?:'ll| will)(?: definitely| probably)? want to|you(?:'re| are) (?:going to"
                "|gonna)(?: want| need| have) to"
            ),
            "make sure(?: to| that you| that| you)?|be sure to|(?:remember|don't forget|do not forget) to",
            rf"your (?:next |first )?{_JOB}(?: for [\w ]{{1,20}}?)? (?:is|will be) to",
        ),
    ),
    "plea": (0.85, "please"),
    "imperative": (0.7, rf"^(?:(?:so|okay|ok|and|then|also|first|next|now),? |{NAME},? )*(?={_ORDERS} {_OBJECT}\b)"),
    "named": (0.8, one_of(rf"{OTHERS}{DUTY}", rf"(?:it's|it is) up to {OTHERS} to")),
    "advised": (0.75, rf"{OTHERS}{ADVICE}"),
    "reported": (0.75, f"{OTHERS}{PROMISED}"),
}
"""By kind: how sure a sentence with it is an action item, and its words, which what is to be done follows."""
_DONE = (
    r"(?:\w+ed|done|sent|paid|made|put|built|written|rewritten|bought|brought|set|cut|found|held|sold"
    "|given|kept|taken|shut|redone)"
)
_NOT_DONE = (
    "(?:said|loved|admitted|noted|allowed|supposed|tired|scared|worried|interested|excited|used|located|based|charged)"
)
WHOLE = {
    "promise": (
        0.8,
        one_of(
            f"(?<!if\\s)i(?:'m| am) {_DOING}",
            (
                "i(?:'m| am) on it|that(?:'s| is) on me|(?:leave|leave it|leave that) (?:with|to) me"
                "|i(?:'ve| have) got this one"
            ),
        ),
    ),
    "request": (
        0.7,
        (
            r"(?:i|we)(?:'ll| will)?(?: still)? need (?:the|that|this|it|those|these|an?|your) .{0,40}?\b"
            r"(?:by (?!the way)\w+|done|fixed|ready|signed|asap|before \w+)"
        ),
    ),
    "need": (
        0.65,
        (
            r"(?<!\bi\s)(?<!\bhe\s)(?<!\byou\s)(?<!\bwe\s)(?<!\bshe\s)(?<!\bthey\s)(?:needs?|ha(?:s|ve)"
            "|must|should|ought)(?: still| also)? "
            rf"(?:to )?be (?!{_NOT_DONE}\b){_DONE}"
        ),
    ),
}
"""By kind: how sure it is, and words that say it all."""
HEDGE_COSTS = 0.15
SUBORDINATORS = (
    r"\b(?:if|when|whenever|whether|what|where|who|whom|whose|which|why|how|because"
    r"|until|unless|as|once|than|after|before"
    r"|do|does|did|can|could|will|would|should|said|told|was|were|things?|part|way|time|don't|not|never|didn't)\s+"
    r"(?:(?:me|us|him|her|them|that) )?$"
)
"""Before a cue, these make it part of something else: ``if I will``, ``do we need to``, ``what we should``."""
HEDGES = r"\b(?:maybe|perhaps|possibly|probably|hopefully|might|try|if|i (?:think|guess|hope|suppose))\b"
FILLERS = (
    r"(?:(?:also|just|then|now|first|definitely|certainly|absolutely|probably|maybe|perhaps|possibly|personally|quickly"
    "|both|all|really|still|gladly|kindly|always|immediately|try to|go ahead and|make sure to"
    "|(?:need|have) to|be able to"
    r"|please),? ){0,4}"
)
_MAKES_DO = rf"(?:someone|somebody|him|her|them|{NAME}|the (?:\w+ )?{_OF_A_GROUP})"
_IDLE = (
    "(?:going|coming|waiting|looking|leaving|having|being|seeing|feeling|thinking|hoping|missing|staying"
    "|sitting|living|kidding|joking)"
)
NO_ACTION = one_of(
    (
        rf"be(?! (?!{_IDLE}\b)\w+ing\b)|been|not|never|no|see(?! (?:whether|if|to it))|say|think|hear|hope"
        "|admit|agree|assume|guess"
    ),
    (
        "believe|know|understand|like|love|want|miss|forgive|excuse|wait|hold|notice|remember|regret"
        "|enjoy|happen|wonder|die|fail"
    ),
    rf"have(?! {_MAKES_DO} )|need(?! (?:you|{SOMEBODY}) to)|win|lose|stop|cost|mean|calm|charge (?:you|me|us)",
    (
        "get (?:started|going|back to (?:it|this|that|work|business|the)|used|it|there|over|tired|sick"
        "|worse|better|married)"
    ),
    "begin|start with|go(?! (?:over|through|to|and|ahead))|move (?:on|forward|ahead|to the next)|pass|welcome",
    (
        "take (?:a|one) (?:look|seat|minute|moment|second|break|breath|guess)|take (?:long|forever|hours"
        "|days|weeks|time|it easy)"
    ),
    (
        "look(?! into)|face it|tell you (?:what|something|a)|find (?:it|that|this|out|attached)"
        "|come (?:on|in|back|along)|sit"
    ),
    (
        "talk about|do (?:it|that|this|the trick|fine|well)|you|i|we|they|he|she|there|the|a|an|it|this"
        "|that|of|is|are|to|and|by"
    ),
    (
        "stay|feel|imagine|consider|you're|ask you|start by|continue|introduce|explain myself"
        "|keep (?:going|in mind|calm)|won't"
    ),
    (
        "don't|do not|bear with|accept (?:my|our)|let me|listen|relax|worry|recommend|prefer|arrive"
        "|probably|always|as|so|for"
    ),
    (
        "leave(?! (?:the|an?|your|my|it|them|me|us|him|her) )|let you (?:go|in on)|ever|all|grow|sleep"
        "|eat|survive|deal with it"
    ),
    "turn (?:out|into)|become|seem|appear|belong|depend|suffer|laugh|cry|smoke|watch out|trust|respect",
)
"""What follows a cue without there being anything to do, or anything that outlasts the conversation."""
NO_REQUEST = one_of(
    (
        "(?:tell|give|show) (?:me|us)|explain|describe|repeat|remind (?:me|us) (?:what|who|where|when"
        "|how|why|which|of)|help"
    ),
    (
        "elaborate|clarify|imagine|speak|hear|read|walk (?:me|us)|spell|swim|marry|define|rephrase"
        r"|summari[sz]e|ask you\b(?! to)"
    ),
    (
        r"confirm (?:your|that|whether)|mind(?! \w+ing)|note|if\b|take that|slow|hang on|come|stand|turn"
        r"|\w+(?: me| us)?[?.!]*$"
    ),
)
"""What somebody is asked to do on the spot, or can do."""
NO_OFFER = (
    "know|show|put|finish|rephrase|explain|ask|help|tell|share my|read|try|give you|go(?! ahead)|walk"
    r"|clarify|pull|see|check\.?$"
)
"""What speakers do at once, having asked to be let do it."""
