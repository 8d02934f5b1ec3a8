namespace EmbeddingAdmin.Benchmarks;

/// <summary>How often is measured, and on how much.</summary>
/// <param name="Rounds">Rounds that count.</param>
/// <param name="Rows">Rows of the table; null for as many as the goal says.</param>
internal sealed record Trials(int Rounds, int? Rows)
{
    /// <summary>
    /// Measures a variant and its floor one after the other in each round, the order changing from round to round, so that whatever else the machine does
    /// falls on both. The ratio of a round is variant / floor; what counts is their median.
    /// </summary>
    /// <param name="name">What is measured.</param>
    /// <param name="variant">Does it once.</param>
    /// <param name="floor">Does once what it is compared with.</param>
    /// <param name="ratio">Makes the ratio of the two times.</param>
    /// <param name="goal">The goal in words, and whether a ratio reaches it.</param>
    public async Task<bool> MeasureAsync(string name, Func<Task> variant, Func<Task> floor, Func<double, double, double> ratio, (string Words, Predicate<double> Holds) goal)
    {
        await floor();
        await variant();
        var measured = new List<(double Variant, double Floor)>();
        for (var round = 0; round < Rounds; round++)
        {
            var first = round % 2 == 0 ? await TimeAsync(variant) : 0;
            var beside = await TimeAsync(floor);
            measured.Add((round % 2 == 0 ? first : await TimeAsync(variant), beside));
        }

        var ratios = measured.Select(round => ratio(round.Variant, round.Floor)).Order().ToList();
        var median = ratios[ratios.Count / 2];
        var holds = goal.Holds(median);
        Console.WriteLine($"{name}: {median:0.####} (from {ratios[0]:0.####} to {ratios[^1]:0.####}, {Rounds} rounds; {Median(measured.Select(m => m.Variant)):0.##} ms beside {Median(measured.Select(m => m.Floor)):0.##} ms); goal {goal.Words}: {(holds ? "reached" : "MISSED")}");
        return holds;
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var began = TimeProvider.System.GetTimestamp();
        await work();
        return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;
}
