"""The laws, standards and forms that a release offers evidence for, a table each."""

from curate.governance.standards.ai_act_annex_iv import ANNEX_IV
from curate.governance.standards.ai_act_article_10 import ARTICLE_10
from curate.governance.standards.ai_act_article_53 import ARTICLE_53
from curate.governance.standards.datasheet import DATASHEET
from curate.governance.standards.iso_5259 import ISO_5259
from curate.governance.standards.iso_42001 import ISO_42001
from curate.governance.standards.nist_ai_rmf import NIST_AI_RMF

STANDARDS = (ARTICLE_10, ANNEX_IV, ARTICLE_53, ISO_5259, ISO_42001, NIST_AI_RMF, DATASHEET)
