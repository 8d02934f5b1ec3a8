using System.CommandLine;
using EmbeddingAdmin.Benchmarks;

var rounds = new Option<int>("--rounds") { Description = "Rounds that are measured; one before them is not.", DefaultValueFactory = _ => 7 };
var rows = new Option<int?>("--rows") { Description = "Rows of the table, where it is not to be as large as the goal says." };

return await new RootCommand("Measures what is promised beside a floor of the same run. Start it with -c Release.")
{
    Verb("coverage", "The first answer about 1 M rows / a parallel scan of both counts.", CoverageBenchmark.RunAsync),
    Verb("verify", "A verification of 100 k × 1536 / unpacking every vector once.", VerifyBenchmark.RunAsync),
    Verb("tail", "Finding all that remains of 1 M rows at 99.9 % / at 0 %.", TailBenchmark.RunAsync),
}.Parse(args).InvokeAsync();

Command Verb(string name, string what, Func<Trials, CancellationToken, Task<bool>> run)
{
    var verb = new Command(name, what) { rounds, rows };
    verb.SetAction(async (parsed, cancel) => await run(new(parsed.GetValue(rounds), parsed.GetValue(rows)), cancel) ? 0 : 1);
    return verb;
}
