"""Does a year's trend say anything about the next month? Time-series momentum on AAPL, daily, 2019 to 2024.

Run it in a kernel: the figures appear beside the code. Prices come with the package hvsampledata.
"""

# %% Prices
import hvsampledata
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

LOOKBACK = 252  # trading days that the signal looks back on
SKIP = 21  # the last month is left out: it tends to revert
COST = 0.0005  # of the traded value, each way
YEAR = 252  # trading days

prices = hvsampledata.apple_stocks("pandas").set_index("date")["adj_close"]
returns = prices.pct_change().fillna(0.0)

# %% Signal: yesterday's knowledge decides today's position
past = prices.shift(SKIP) / prices.shift(LOOKBACK) - 1
position = (past > 0).astype(float).shift(1)
known = past.shift(1).notna()
traded = position.where(known).diff().abs().fillna(0.0)
strategy = (position * returns - traded * COST)[known]
holding = returns[known]


# %% What it earned
def summary(daily: pd.Series) -> dict[str, float]:
    """Yearly return and volatility, Sharpe ratio without interest, and the deepest fall; all but the ratio in %."""
    growth = (1 + daily).cumprod()
    volatility = daily.std() * np.sqrt(YEAR)
    return {
        "return %": 100 * (growth.iloc[-1] ** (YEAR / len(daily)) - 1),
        "volatility %": 100 * volatility,
        "Sharpe": daily.mean() * YEAR / volatility,
        "max drawdown %": 100 * (growth / growth.cummax() - 1).min(),
    }


table = pd.DataFrame({"momentum": summary(strategy), "buy and hold": summary(holding)})
print(table.round(2).to_string())
print(
    f"\nin the market {position[known].mean():.0%} of {known.sum()} days, {int(traded.sum())} trades"
)

# %% Growth of one dollar
figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(8, 5), sharex=True, height_ratios=[3, 1], layout="constrained"
)
top.plot((1 + strategy).cumprod(), label="momentum", color="tab:blue")
top.plot((1 + holding).cumprod(), label="buy and hold", color="tab:gray", linewidth=1)
top.set(ylabel="growth of $1", title="AAPL: twelve months less one, long or out")
top.legend(loc="upper left")
bottom.fill_between(position[known].index, position[known], step="post", alpha=0.4)
bottom.set(ylabel="position", yticks=[0, 1])
plt.show()

# %% Next month against last year
ahead = prices.shift(-SKIP) / prices - 1
pairs = pd.DataFrame({"past": past, "ahead": ahead}).dropna().iloc[::SKIP]
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
axes.scatter(100 * pairs["past"], 100 * pairs["ahead"], s=18)
axes.axhline(0, color="tab:gray", linewidth=0.8)
axes.set(
    xlabel="past return %",
    ylabel="next month %",
    title=f"{len(pairs)} months that do not overlap: correlation {pairs.corr().iloc[0, 1]:+.2f}",
)
plt.show()
