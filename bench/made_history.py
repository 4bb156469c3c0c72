"""A made-up history: seeded runs in mixed Japanese and English with little repetition.

Rows go into the tables by SQL, because a million through the ledger would take an hour. Words are
drawn with the frequencies of a natural text (few often, most seldom), and every text has numbers
of its own, so that compression does not flatter the reading times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from core.records.prompts import Part, PromptSpec, Turn
from core.store import Store

NEWEST = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SPACING = timedelta(seconds=30)
SLICE = 50_000
SEED = 20261124
RARE = "鳴子こけし"
RARE_RUNS = 9
ABSENT = "存在しない言葉 xyzzy"
COMMON = "お客様"

JAPANESE_NOUNS = """
お客様 注文 商品 返品 住所 電話 請求 契約 会議 資料 報告 予定 品質 評価 検索 文章 要約 翻訳
質問 回答 手順 設定 画面 入力 出力 変数 例文 価格 在庫 配送 倉庫 担当 部署 上司 同僚 新人 研修
計画 予算 実績 売上 利益 原価 市場 競合 調査 分析 結果 原因 対策 改善 提案 企画 設計 開発 試験
運用 保守 障害 復旧 東京 大阪 京都 札幌 福岡 名古屋 仙台 広島 横浜 神戸 電車 空港 旅館 温泉
料理 味噌 醤油 昆布 緑茶 桜 紅葉 台風 地震 天気 気温 湿度 朝 昼 夜 来週 先月 昨年 半期 四半期
法律 規約 個人情報 同意 署名 印鑑
"""
JAPANESE_PARTICLES = "は を が に で と の へ から まで より も や"
JAPANESE_VERBS = """
確認します 送付しました 変更できます 届きました 検討します 説明しました 比較します 選びます
修正しました 連絡します 依頼されました 完了しました 予約できます 失敗しました 保存します
削除しました 公開します 承認されました 必要です 可能です 不明です 重要です
"""
ENGLISH = """
the customer order returned because address changed before delivery please summarise this ticket
in three sentences model answer prompt version label temperature token latency budget forecast
quarter revenue margin supplier warehouse shipment invoice refund policy agreement meeting agenda
minutes owner deadline risk mitigation incident outage rollback deploy review comment reviewer
classify sentiment positive negative neutral extract entity date amount currency translate into
formal Japanese keep names unchanged output JSON only schema field required optional example
weather train airport hotel reservation breakfast menu allergy recipe garden bicycle museum ticket
"""


@dataclass(frozen=True, slots=True)
class MadeHistory:
    """What was made, for asking about it."""

    path: Path
    runs: int
    prompt_id: str
    version_id: str


def find_history(path: Path) -> MadeHistory:
    """What `make_history` made there."""
    connection = duckdb.connect(str(path), read_only=True)
    try:
        runs, prompt_id, version_id = connection.execute(
            """
            select (select count(*) from runs), prompt_id, id
            from versions order by created_at, id limit 1 offset 3
            """
        ).fetchall()[0]
    finally:
        connection.close()
    return MadeHistory(path, runs, str(prompt_id), str(version_id))


def make_history(path: Path, runs: int) -> None:
    """Fill a new database with `runs` runs, the newest at NEWEST. The same seed, the same runs."""
    versions = prepare(path)
    connection = duckdb.connect(str(path))
    try:
        connection.execute("set memory_limit = '2GB'")
        connection.execute("set enable_progress_bar = false")
        words(connection)
        connection.execute("create temp table chosen (place integer, prompt_id uuid, id uuid)")
        connection.executemany(
            "insert into chosen values (?, ?, ?)",
            [(n, prompt, version) for n, (prompt, version) in enumerate(versions)],
        )
        for first in range(0, runs, SLICE):
            fill(connection, first, min(runs, first + SLICE), runs)
        annotate(connection)
        connection.execute("checkpoint")
    finally:
        connection.close()


def prepare(path: Path) -> list[tuple[str, str]]:
    """An empty store with twenty prompts; their ids and version ids."""
    store = Store.open(path)
    try:
        made = [
            store.prompts.create(
                f"Prompt {number}",
                PromptSpec(turns=(Turn("user", (Part(f"Text {number}"),)),)),
                actor="ada",
            )
            for number in range(20)
        ]
        store.prompts.set_label(made[3].id, "production", actor="ada")
        return [(version.prompt_id, version.id) for version in made]
    finally:
        store.close()


def words(connection: duckdb.DuckDBPyConnection) -> None:
    """Vocabularies as list variables of the connection."""
    nouns = JAPANESE_NOUNS.split()
    phrases = [
        noun + particle + other
        for noun in nouns
        for particle in JAPANESE_PARTICLES.split()
        for other in (*nouns[::9], *JAPANESE_VERBS.split())
    ]
    for name, vocabulary in (("japanese", phrases), ("english", ENGLISH.split())):
        connection.execute(f"set variable {name} = cast(? as text[])", [vocabulary])


def text_sql(number: str, salt: str, length: str) -> str:
    """A text of `length` words; `number` and `salt` decide which. Every third one is English."""
    draw = f"(hash({number}, {salt}, word, {SEED}) % 1000003) / 1000003.0"
    return f"""
        case when hash({number}, {SEED}) % 3 = 0 then
            array_to_string(list_transform(range(cast({length} * 1.6 as bigint)), lambda word:
                getvariable('english')[1 + cast(floor(pow({draw}, 1.5)
                * len(getvariable('english'))) as bigint)]
                || case when word % 9 = 4 then ' ' || hash({number}, {salt}, word) % 100000
                   else '' end), ' ')
        else
            array_to_string(list_transform(range(cast({length} as bigint)), lambda word:
                getvariable('japanese')[1 + cast(floor(pow({draw}, 1.5)
                * len(getvariable('japanese'))) as bigint)]
                || case when word % 9 = 4 then '。' || hash({number}, {salt}, word) % 100000
                   else '、' end), '')
        end"""


def fill(connection: duckdb.DuckDBPyConnection, first: int, end: int, runs: int) -> None:
    """Runs from `first` up to `end`, counted from the oldest."""
    step = max(1, runs // RARE_RUNS)
    oldest = NEWEST - SPACING * (runs - 1)
    connection.execute(
        f"""
        insert into runs
        with texts as (
            select number, {text_sql("number", "1", "22 + hash(number, 3) % 26")} as asked,
                   {text_sql("number", "2", "24 + hash(number, 4) % 32")}
                   || case when number % {step} = {step // 2} then '{RARE}' else '' end as answered,
                   cast(? as timestamp) + to_seconds(number * {SPACING.seconds}) as moment
            from range(?, ?) t(number)
        )
        select
            cast(printf('%012x', epoch_ms(moment)) || '7' || printf('%03x', number % 4096)
                 || '8' || printf('%015x', hash(number, {SEED}) >> 4) as uuid),
            moment, 'person-' || number % 12, 'prompt', c.prompt_id, c.id,
            null, null, 'sandbox', ['sandbox-pro-2', 'sandbox-flash-2', 'sandbox-flash-1']
                [1 + cast(hash(number, 5) % 3 as integer)], 'sandbox-flash-2',
            case when number % 50 = 7 then 'rate_limited' when number % 41 = 3 then 'truncated'
                 else 'ok' end,
            'STOP', 300 + number % 900, 200 + number % 700, null, null, null,
            0.0001 * (1 + number % 97), 120 + number % 300, 900 + number % 4000, 1,
            asked[:200], answered[:200],
            to_json({{connection: 'sandbox', functions: '', google_search: false,
                      model: 'sandbox-flash-2', parameters: {{temperature: 0.2}},
                      response_schema: '', system: '',
                      turns: [{{parts: [{{media: null, text: asked}}], role: 'user'}}]}}),
            '{{"actor":"ada"}}', answered,
            '{{"extras":{{}},"safety":[],"chunks":[],"failure":null,"price":null}}',
            lower(asked || chr(10) || answered)
        from texts left join chosen c on c.place = texts.number % 25
        order by texts.number
        """,
        [oldest.replace(tzinfo=None), first, end],
    )


def annotate(connection: duckdb.DuckDBPyConnection) -> None:
    """Some stars, deletions and memos."""
    connection.execute(
        """
        insert into run_marks
        select uuidv7(), id, case when hash(id) % 2 = 0 then 'starred' else 'deleted' end, true,
               created_at, actor
        from runs where hash(id, 6) % 500 = 0
        """
    )
    connection.execute(
        """
        insert into memos
        select uuidv7(), 'run', id, 'Memo: ' || output_excerpt, lower('memo: ' || output_excerpt),
               created_at, actor
        from runs where hash(id, 7) % 500 = 0
        """
    )
