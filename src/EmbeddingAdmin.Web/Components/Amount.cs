namespace EmbeddingAdmin.Web.Components;

/// <summary>How amounts are written, so that the same one looks the same everywhere.</summary>
internal static class Amount
{
    /// <summary>A count: <c>4,960</c>.</summary>
    public static string Of(long count) => count.ToString("N0");

    /// <summary>A count with its noun: <c>1 row</c>, <c>4,960 rows</c>.</summary>
    public static string Rows(long count) => $"{Of(count)} {(count == 1 ? "row" : "rows")}";

    /// <summary>A share from 0 to 1, rounded down: only all of it is 100 %, and only nothing is 0 %.</summary>
    public static string Percent(double share) => share switch
    {
        <= 0 => "0 %",
        < 0.001 => "under 0.1 %",
        >= 1 => "100 %",
        _ => $"{Math.Floor(Math.Round(share * 1000, 6)) / 10:0.#} %",
    };

    /// <summary>A length of time in the two largest units that say something: <c>42 s</c>, <c>3 min 20 s</c>, <c>2 h 5 min</c>.</summary>
    public static string Time(TimeSpan time)
    {
        var seconds = (long)Math.Ceiling(Math.Max(0, time.TotalSeconds));
        return seconds switch
        {
            < 60 => $"{seconds} s",
            < 3600 => seconds % 60 == 0 ? $"{seconds / 60} min" : $"{seconds / 60} min {seconds % 60} s",
            _ => seconds % 3600 < 60 ? $"{seconds / 3600} h" : $"{seconds / 3600} h {seconds % 3600 / 60} min",
        };
    }

    /// <summary>A range of times: <c>12 s to 19 s</c>.</summary>
    public static string Between(TimeSpan least, TimeSpan most) => Time(least) == Time(most) ? Time(least) : $"{Time(least)} to {Time(most)}";

    /// <summary>A sum of money: <c>$1,204.50</c>, <c>$0.0213</c>, <c>CHF 3.00</c>, and never 0 for something that costs anything.</summary>
    public static string Money(decimal amount, string currency)
    {
        var sign = currency is "USD" ? "$" : $"{currency} ";
        return amount switch
        {
            > 0 and < 0.0001m => $"under {sign}0.0001",
            > 0 and < 0.995m => $"{sign}{amount.ToString("0.00##")}",
            _ => $"{sign}{amount.ToString("N2")}",
        };
    }

    /// <summary>A speed: <c>398 rows/s</c>, and with a decimal below ten.</summary>
    public static string Speed(double rowsPerSecond) => $"{rowsPerSecond.ToString(rowsPerSecond < 10 ? "0.#" : "N0")} rows/s";
}
