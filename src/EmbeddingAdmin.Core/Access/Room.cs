namespace EmbeddingAdmin.Access;

/// <summary>Room on a disk or a wire, in words.</summary>
internal static class Room
{
    private const double Step = 1024;

    private static readonly string[] Units = ["bytes", "KB", "MB", "GB", "TB"];

    /// <summary>So many bytes in the largest unit that gives at least 1: <c>640 bytes</c>, <c>6 KB</c>, <c>1.2 GB</c>.</summary>
    public static string Words(long bytes)
    {
        var (amount, unit) = ((double)bytes, 0);
        for (; amount >= Step && unit < Units.Length - 1; unit++)
            amount /= Step;
        return $"{amount.ToString(amount < 10 && unit > 2 ? "0.#" : "N0")} {Units[unit]}";
    }
}
