using EmbeddingAdmin.Testing.Crash;

if (args is [StackHost.Verb, ..]) return await StackHost.RunAsync(args, CancellationToken.None);
var app = WebApplication.Create(args); await app.RunAsync();
return 0;
